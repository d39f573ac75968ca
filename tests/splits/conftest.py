"""Structures with relatives among them."""

import pytest

from tests.splits.crystals import rewritten, rock_salt


@pytest.fixture(scope="session")
def salts():
    """Six salts of one prototype, and each once more, written down otherwise."""
    table = [("Na", "Cl", 5.64), ("Na", "Br", 5.97), ("K", "Cl", 6.29)]
    table += [("K", "Br", 6.60), ("Li", "Cl", 5.13), ("Li", "F", 4.03)]
    first = [rock_salt(*row) for row in table]
    return [*first, *(rewritten(salt, i) for i, salt in enumerate(first))]
