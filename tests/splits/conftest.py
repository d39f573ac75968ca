"""Structures with relatives among them."""

import pytest

from tests.splits.crystals import rewritten, rock_salt


@pytest.fixture(scope="session")
def salts():
    """Twelve salts of six formulas and three prototypes' worth of anions, two of each.

    The second of each is the first written down differently, slightly strained.
    """
    table = [("Na", "Cl", 5.64), ("Na", "Br", 5.97), ("K", "Cl", 6.29)]
    table += [("K", "Br", 6.60), ("Li", "Cl", 5.13), ("Li", "F", 4.03)]
    first = [rock_salt(*row) for row in table]
    return [*first, *(rewritten(salt, i) for i, salt in enumerate(first))]
