"""Structures, graphs and a count of the work, for all tests of graphs."""

from collections import Counter

import numpy as np
import pytest
from pymatgen.core import Lattice, Molecule, Structure

from sk_knagcn.graphs import CrystalGraphs, StructureGraphTransformer, build


def triclinic(seed):
    """A crystal without symmetry, different for each seed."""
    rng = np.random.default_rng(seed)
    lengths, angles = rng.uniform(3, 5, 3), rng.uniform(75, 105, 3)
    sites = rng.uniform(size=(rng.integers(1, 4), 3))
    elements = rng.choice(["Li", "O", "Si", "Fe"], len(sites))
    return Structure(Lattice.from_parameters(*lengths, *angles), elements, sites)


@pytest.fixture(scope="session")
def structures():
    """Twelve different ones: with symmetry and without, and two molecules."""
    cubic = Lattice.cubic
    halves = [[0, 0, 0], [0.5, 0.5, 0.5]]
    return [
        Structure.from_spacegroup("Fm-3m", cubic(5.64), ["Na", "Cl"], halves),
        Structure(cubic(4.12), ["Cs", "Cl"], halves),
        Structure(cubic(3.35), ["Po"], [[0, 0, 0]]),
        Structure(Lattice.hexagonal(2.46, 6.71), ["C"] * 2, [[0, 0, 0], [1 / 3] * 3]),
        Molecule(["O", "H", "H"], [[0, 0, 0], [0.76, 0.59, 0], [-0.76, 0.59, 0]]),
        Molecule(["N", "N"], [[0, 0, 0], [0, 0, 1.1]]),
        *(triclinic(seed) for seed in range(6)),
    ]


@pytest.fixture(scope="session")
def graphs(structures):
    """Their graphs, with eight neighbours."""
    return StructureGraphTransformer(k=8, cache=None).transform(structures)


@pytest.fixture(autouse=True)
def no_shared_stores(monkeypatch):
    """Each test starts with an empty cache of its own."""
    monkeypatch.setattr("sk_knagcn.graphs.cache._shared", {})


@pytest.fixture
def calls(monkeypatch):
    """For how many structures the two kernels of a build have been called, by name."""
    counted = Counter()

    def count(name):
        kernel = getattr(build, name)

        def counting(batch, *args, **kwargs):
            counted[name.replace("_all", "")] += len(batch)
            return kernel(batch, *args, **kwargs)

        monkeypatch.setattr(build, name, counting)

    count("find_all_neighbors")
    count("build_all_environments")
    return counted


@pytest.fixture(scope="session")
def same():
    """Whether two single graphs agree in settings and all arrays."""

    def compare(first, second):
        return CrystalGraphs.from_graphs([first]) == CrystalGraphs.from_graphs([second])

    return compare
