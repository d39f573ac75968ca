"""Ten small crystals, and a cache of its own for each test."""

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from tests.descriptors import featurizers


@pytest.fixture(autouse=True)
def nothing_remembered(monkeypatch):
    """Each test starts with an empty cache and a count of nothing."""
    monkeypatch.setattr("sk_knagcn.descriptors.cache._shared", {})
    featurizers.calls.clear()


@pytest.fixture(scope="session")
def structures():
    """Ten different ones: cubic, hexagonal and without any symmetry."""
    cubic = Lattice.cubic
    halves = [[0, 0, 0], [0.5, 0.5, 0.5]]
    quarter = [[0, 0, 0], [0.25, 0.25, 0.25]]
    return [
        Structure.from_spacegroup("Fm-3m", cubic(5.64), ["Na", "Cl"], halves),
        Structure(cubic(4.12), ["Cs", "Cl"], halves),
        Structure.from_spacegroup("Fd-3m", cubic(5.43), ["Si"], [[0, 0, 0]]),
        Structure.from_spacegroup("F-43m", cubic(5.41), ["Zn", "S"], quarter),
        Structure(cubic(2.87), ["Fe", "Fe"], halves),
        Structure(
            Lattice.hexagonal(3.21, 5.21),
            ["Mg", "Mg"],
            [[1 / 3, 2 / 3, 0.25], [2 / 3, 1 / 3, 0.75]],
        ),
        *(triclinic(seed) for seed in range(4)),
    ]


def triclinic(seed):
    rng = np.random.default_rng(seed)
    lengths, angles = rng.uniform(3.5, 6, 3), rng.uniform(75, 105, 3)
    apart = np.array([[0, 0, 0], [0.5, 0.3, 0], [0, 0.4, 0.5]])
    sites = apart + rng.uniform(0.05, 0.3, (3, 3))
    elements = rng.choice(["Li", "O", "Al", "Ti"], 3)
    return Structure(Lattice.from_parameters(*lengths, *angles), elements, sites)
