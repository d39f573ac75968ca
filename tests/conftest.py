"""What holds for every test."""

from pathlib import Path

import pytest
from hypothesis import settings

# numba compiles a kernel anew when its own file changes, but not when a file changes
# whose functions it calls: whoever edits kernels would run a mixture of old and new.
_PACKAGE = Path(__file__).parents[1] / "sk_knagcn"
for _folder in (_PACKAGE / "geometry", _PACKAGE / "labels"):
    _last_change = max(path.stat().st_mtime for path in _folder.glob("*.py"))
    for _compiled in _folder.glob("__pycache__/*.nb[ci]"):
        if _compiled.exists() and _compiled.stat().st_mtime < _last_change:
            _compiled.unlink(missing_ok=True)

# The first example that meets a numba kernel pays for its compilation, so a time limit
# for one example would fail on the machine and not on the code; the same examples
# every time keep a red run red.
settings.register_profile("project", deadline=None, derandomize=True)
settings.load_profile("project")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the tests marked gpu where there is no device for them."""
    on_gpu = [item for item in items if item.get_closest_marker("gpu")]
    if not on_gpu:
        return
    import torch  # takes seconds, and only these tests need the answer

    if not torch.cuda.is_available():
        skip = pytest.mark.skip(reason="needs a CUDA device, and there is none here")
        for item in on_gpu:
            item.add_marker(skip)


@pytest.fixture(scope="session")
def crystals():
    """Ten small ones to learn from, all different; the last has no symmetry."""
    from pymatgen.core import Lattice, Structure

    cubic, origin, halves = Lattice.cubic, [[0, 0, 0]], [[0, 0, 0], [0.5, 0.5, 0.5]]
    sites = [[0.1, 0.2, 0.3], [0.6, 0.5, 0.9], [0.3, 0.8, 0.6]]
    salts = [("Na", "Cl", 5.64), ("K", "Br", 6.6), ("Mg", "O", 4.21), ("Li", "F", 4.03)]
    return [
        *(
            Structure.from_spacegroup("Fm-3m", cubic(a), [metal, x], halves)
            for metal, x, a in salts
        ),
        Structure(cubic(4.12), ["Cs", "Cl"], halves),
        Structure(cubic(2.87), ["Fe", "Fe"], halves),
        Structure(cubic(3.35), ["Po"], origin),
        Structure.from_spacegroup("Fd-3m", cubic(5.43), ["Si"], origin),
        Structure(Lattice.hexagonal(2.46, 6.71), ["C"] * 2, [[0, 0, 0], [1 / 3] * 3]),
        Structure(
            Lattice.from_parameters(4, 5, 6, 80, 95, 100), ["Li", "Si", "O"], sites
        ),
    ]


@pytest.fixture(scope="session")
def graphs(crystals):
    """The graphs of the crystals, with six neighbours."""
    from sk_knagcn import StructureGraphTransformer

    return StructureGraphTransformer(k=6).transform(crystals)


@pytest.fixture(scope="session")
def y(crystals):
    """A number for each crystal: the volume of an atom."""
    import numpy as np

    return np.array([crystal.volume / len(crystal) for crystal in crystals])
