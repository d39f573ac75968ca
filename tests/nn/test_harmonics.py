"""Spherical harmonics: what makes the moments invariant."""

import torch
from torch.nn.functional import normalize

from sk_knagcn.nn.harmonics import spherical_harmonics


def directions(n, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return normalize(torch.randn(n, 3, generator=generator, dtype=torch.float64), dim=1)


def by_degree(values):
    """Split the rows into 1, 3, 5, ... of them."""
    n = round(len(values) ** 0.5)
    assert n * n == len(values)
    return values.split([2 * degree + 1 for degree in range(n)])


def legendre(degree, x):
    return [
        torch.ones_like(x),
        x,
        (3 * x**2 - 1) / 2,
        (5 * x**3 - 3 * x) / 2,
    ][degree]


def test_addition_theorem():
    # The sum over one degree depends on the angle between two directions only, so it
    # changes under no rotation or reflection.
    a, b = directions(50, 0), directions(50, 1)
    parts = zip(
        by_degree(spherical_harmonics(a)),
        by_degree(spherical_harmonics(b)),
        strict=True,
    )
    for degree, (of_a, of_b) in enumerate(parts):
        expected = (2 * degree + 1) * legendre(degree, (a * b).sum(1))
        torch.testing.assert_close((of_a * of_b).sum(0), expected)


def test_orthonormal_on_the_sphere():
    # Gauss-Legendre in z and equal steps around it integrate polynomials exactly.
    z = torch.tensor([-(0.6**0.5), 0.0, 0.6**0.5], dtype=torch.float64)
    weight = torch.tensor([5, 8, 5], dtype=torch.float64) / 18
    angle = torch.arange(8, dtype=torch.float64) * torch.pi / 4
    z, angle = torch.meshgrid(z, angle, indexing="ij")
    radius = (1 - z**2).sqrt()
    points = torch.stack([radius * angle.cos(), radius * angle.sin(), z], -1)
    values = spherical_harmonics(points.flatten(0, 1))[:9]  # exact up to degree two
    weights = weight.repeat_interleave(8) / 8
    torch.testing.assert_close(
        (values * weights) @ values.T, torch.eye(9, dtype=torch.float64)
    )


def test_parity():
    parts = by_degree(spherical_harmonics(directions(20)))
    turned = by_degree(spherical_harmonics(-directions(20)))
    for degree, (plain, inverted) in enumerate(zip(parts, turned, strict=True)):
        torch.testing.assert_close(inverted, (-1) ** degree * plain)


def test_shape_follows_the_input():
    values = spherical_harmonics(torch.zeros(2, 5, 3))
    assert values.shape[1:] == (2, 5)
    assert (values[0] == 1).all()
