"""Radial bases: bounded, smooth, and apart from each other."""

import pytest
import torch

from sk_knagcn.nn.radial import RADIAL_BASES


@pytest.fixture(params=sorted(RADIAL_BASES))
def basis(request):
    return RADIAL_BASES[request.param](16)


def test_values_lie_between_zero_and_one(basis):
    values = basis(torch.linspace(0, 30, 100).view(20, 5))
    assert values.shape == (20, 5, 16)
    assert values.min() >= 0
    assert values.max() <= 1


def test_distances_are_told_apart(basis):
    # A tenth of an Angstrom moves at least one entry visibly, wherever bonds are.
    values = basis(torch.arange(1, 7, 0.1))
    assert (values[1:] - values[:-1]).abs().amax(1).min() > 0.004


def test_no_jumps(basis):
    distances = torch.linspace(0.5, 8, 2000, dtype=torch.float64)
    step = basis.double()(distances).diff(dim=0).abs().max()
    assert step < 20 * (distances[1] - distances[0])


def test_nothing_is_learnt(basis):
    assert list(basis.parameters()) == []
    assert len(basis.state_dict()) == 1  # but it is kept with the weights


def test_a_single_function_is_enough():
    for basis in RADIAL_BASES.values():
        assert torch.isfinite(basis(1)(torch.linspace(0, 5, 6))).all()


def test_exponentials_are_the_papers():
    # exp(-alpha d) is 1 at the atom itself and falls from there, each at its own rate.
    basis = RADIAL_BASES["exponential"](32)
    values = basis(torch.arange(0, 5.0))
    assert (values[0] == 1).all()
    assert (values.diff(dim=0) < 0).all()
    assert (values[1:].diff(dim=1) < 0).all()


def test_gaussians_are_one_step_wide_and_one_step_apart():
    distances = torch.linspace(0, 30, 200, dtype=torch.float64)
    centers = torch.linspace(0, 8, 17, dtype=torch.float64)
    expected = torch.exp(-(((distances[:, None] - centers) / 0.5) ** 2))
    values = RADIAL_BASES["gaussian"](17).double()(distances)
    torch.testing.assert_close(values, expected, rtol=0, atol=3e-9)


def test_no_value_slows_a_processor_down(basis):
    # Squares of gradients, which optimisers keep, must stay normal floats.
    squares = (1e-6 * basis(torch.linspace(0, 100, 2000))).square()
    assert squares.min() > torch.finfo(torch.float32).tiny
