"""Crystals whose volume is easy to learn for some models and hard for others."""

import numpy as np
import pytest

from tests.contract.conftest import forms, structures

__all__ = ["forms", "structures"]


@pytest.fixture(scope="session")
def y(structures):
    return np.array([len(structure) * structure.volume for structure in structures])


@pytest.fixture(scope="session")
def labels(structures):
    return np.array(["one", "two"])[[len(structure) - 1 for structure in structures]]
