"""Structures with a property to learn, in every form that X may have."""

import numpy as np
import pandas as pd
import pytest
from pymatgen.core import Lattice, Structure

from sk_knagcn import StructureGraphTransformer
from sk_knagcn.structures import as_column, check_structures

K = 6


def cubic_crystals(n):
    """Simple cubic and CsCl crystals of all sizes; distances tell the volume."""
    for i, a in enumerate(np.random.default_rng(0).uniform(3, 5, n)):
        sites = [[0, 0, 0], [0.5, 0.5, 0.5]][: i % 2 + 1]
        yield Structure(Lattice.cubic(a), ["Po", "Cs"][: len(sites)], sites)


@pytest.fixture(scope="session")
def structures():
    return list(cubic_crystals(24))


@pytest.fixture(scope="session")
def y(structures):
    return np.array([structure.volume / len(structure) for structure in structures])


@pytest.fixture(scope="session")
def forms(structures):
    """X by name of its form; all of them are the same structures."""
    column = as_column(structures)
    graphs = StructureGraphTransformer(k=K).transform(structures)
    return {
        "list": structures,
        "tuple": tuple(structures),
        "array": column.ravel(),
        "column": column,
        "Series": pd.Series(structures),
        "frame": pd.DataFrame({"structure": structures}),
        "list of crystals": check_structures(structures),
        "list of graphs": list(graphs),
        "column of graphs": np.asarray(graphs),
        "graphs": graphs,
    }
