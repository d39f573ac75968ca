"""Where the list of an atom's neighbours ends."""

import numpy as np
import pytest

from sk_knagcn.geometry.environments import build_environments, find_neighbors
from sk_knagcn.geometry.ties import closing_gap
from sk_knagcn.structures import Crystal


def crowd(seed, n_atoms=40):
    """Atoms at random, in a cell of usual density."""
    rng = np.random.default_rng(seed)
    lattice = (12.0 * n_atoms) ** (1 / 3) * np.eye(3)
    return Crystal(
        rng.integers(1, 9, n_atoms),
        rng.random((n_atoms, 3)) @ lattice,
        lattice,
        np.ones(3, dtype=bool),
    )


def test_the_closing_gap_is_the_tolerance_until_a_shell_is_very_long():
    assert closing_gap(12, 12, 0.02) == closing_gap(39, 12, 0.02) == 0.02
    gaps = [closing_gap(r, 12, 0.02) for r in range(12, 500)]
    assert gaps == sorted(gaps, reverse=True)
    assert 0 < gaps[-1] <= 1e-9


@pytest.mark.parametrize(("k", "tolerance"), [(12, 0.4), (60, 0.1)])
def test_a_list_ends_where_no_wide_gap_ever_comes(k, tolerance):
    neighbors = find_neighbors(crowd(0), k, tolerance)
    lengths = np.diff(neighbors.start)
    assert (lengths >= k).all()
    assert (lengths < 12 * k).all()


@pytest.mark.parametrize("tolerance", [0.02, 0.2])
@pytest.mark.parametrize("k", [1, 4, 12, 30])
def test_a_longer_list_gives_the_same_environments_to_the_last_bit(k, tolerance):
    for seed in range(3):
        crystal = crowd(seed)
        short = find_neighbors(crystal, k, tolerance)
        for longer in (k + 1, 3 * k, 40):
            long = find_neighbors(crystal, longer, tolerance)
            one = build_environments(crystal, short, k, tolerance)
            other = build_environments(crystal, long, k, tolerance)
            for name in ("species", "neighbors", "coordinates", "orbits"):
                np.testing.assert_array_equal(
                    getattr(one, name), getattr(other, name), strict=True
                )
