"""Real spherical harmonics up to degree three, as polynomials."""

from __future__ import annotations

import torch
from torch import Tensor

# Rows of each degree in the output of `spherical_harmonics`.
DEGREES = (slice(0, 1), slice(1, 4), slice(4, 9), slice(9, 16))


def spherical_harmonics(directions: Tensor, degree: int = 3) -> Tensor:
    """Real spherical harmonics of unit vectors, of mean square one on the sphere.

    Parameters
    ----------
    directions : Tensor of shape (..., 3)
        Unit vectors. A zero vector gives the constant of degree 0 and no more sense.
    degree : int, default=3
        The largest degree, at most 3.

    Returns
    -------
    Tensor of shape ((degree + 1) ** 2, ...)
        One row for each harmonic, by degree.
    """
    x, y, z = directions.unbind(-1)
    values = [torch.ones_like(x)]
    if degree >= 1:
        values += [3**0.5 * x, 3**0.5 * y, 3**0.5 * z]
    if degree >= 2:
        xx, yy, zz = x * x, y * y, z * z
        values += [
            15**0.5 * x * y,
            15**0.5 * y * z,
            5**0.5 / 2 * (3 * zz - 1),
            15**0.5 * x * z,
            15**0.5 / 2 * (xx - yy),
        ]
    if degree >= 3:
        values += [
            (35 / 8) ** 0.5 * y * (3 * xx - yy),
            105**0.5 * x * y * z,
            (21 / 8) ** 0.5 * y * (5 * zz - 1),
            7**0.5 / 2 * z * (5 * zz - 3),
            (21 / 8) ** 0.5 * x * (5 * zz - 1),
            105**0.5 / 2 * z * (xx - yy),
            (35 / 8) ** 0.5 * x * (xx - 3 * yy),
        ]
    return torch.stack(values)
