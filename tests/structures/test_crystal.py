"""The plain arrays: their formula, their digest, and what they cost to import."""

import os
import pickle
import subprocess
import sys

import numpy as np
import pytest

from sk_knagcn.structures import Crystal


def crystal(**changes):
    arrays = {
        "numbers": np.array([11, 17]),
        "positions": np.array([[0.0, 0.0, 0.0], [2.0, 2.0, 2.0]]),
        "lattice": 4 * np.eye(3),
        "periodic": np.array([True, True, True]),
    }
    return Crystal(**(arrays | changes))


def python(code, hash_seed="random"):
    """Run code in a fresh interpreter and return what it prints."""
    command = [sys.executable, "-W", "error", "-c", code]
    paths = os.pathsep.join(path for path in sys.path if path)
    env = os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": paths}
    return subprocess.run(
        command, env=env, check=True, capture_output=True, text=True
    ).stdout


@pytest.mark.parametrize(
    ("numbers", "formula"),
    [
        ([17, 11, 17, 11], "NaCl"),
        ([8, 8, 8, 22, 20], "CaTiO3"),
        ([1, 8, 1], "H2O"),
        ([6, 1, 1, 1, 1], "CH4"),
        ([14], "Si"),
        ([2, 10, 18], "ArNeHe"),  # without electronegativities, and without warnings
        ([118, 8], "OgO"),
    ],
)
def test_formula(numbers, formula):
    n = len(numbers)
    built = crystal(numbers=np.array(numbers), positions=np.zeros((n, 3)))
    assert built.formula == formula


def test_repr_is_short():
    assert repr(crystal()) == "Crystal('NaCl', n_sites=2, periodic='abc')"
    slab = crystal(periodic=np.array([True, False, True]))
    assert repr(slab) == "Crystal('NaCl', n_sites=2, periodic='ac')"
    molecule = crystal(periodic=np.zeros(3, dtype=bool))
    assert repr(molecule) == "Crystal('NaCl', n_sites=2, periodic='')"


def test_pickle_keeps_everything():
    stored = pickle.dumps(crystal())
    assert pickle.loads(stored).digest() == crystal().digest()
    assert len(stored) < 1000


def test_digest_changes_with_every_field():
    changed = [
        crystal(),
        crystal(numbers=np.array([11, 35])),
        crystal(numbers=np.array([17, 11])),
        crystal(numbers=np.array([11, 17], dtype=np.int32)),
        crystal(positions=np.array([[0.0, 0.0, 0.0], [2.0, 2.0, 2.0 + 1e-15]])),
        crystal(positions=np.array([[0.0, 0.0, 0.0, 2.0, 2.0, 2.0]])),
        crystal(lattice=4.1 * np.eye(3)),
        crystal(periodic=np.array([True, True, False])),
    ]
    assert len({c.digest() for c in changed}) == len(changed)


def test_digest_depends_on_the_numbers_and_not_on_their_layout():
    lattice = np.arange(9.0).reshape(3, 3)
    one, other = crystal(lattice=lattice), crystal(lattice=np.asfortranarray(lattice))
    assert one.digest() == other.digest()
    assert len(one.digest()) == 16


def test_digest_is_the_same_in_every_process():
    code = (
        "import numpy as np\n"
        "from sk_knagcn.structures import Crystal\n"
        "print(Crystal(np.array([11, 17]), np.array([[0.0] * 3, [2.0] * 3]),"
        " 4 * np.eye(3), np.array([True] * 3)).digest().hex())"
    )
    results = {python(code, seed).strip() for seed in ("1", "2")}
    assert results == {crystal().digest().hex()}


def test_nothing_heavy_is_imported_to_look_at_crystals():
    code = (
        "import sys\n"
        "import numpy as np\n"
        "from sk_knagcn.structures import Crystal, check_structures\n"
        "lattice, periodic = np.eye(3), np.array([True] * 3)\n"
        "c = Crystal(np.array([11]), np.zeros((1, 3)), lattice, periodic)\n"
        "assert check_structures([c]) == [c]\n"
        "heavy = ('ase', 'numba', 'pandas', 'pymatgen', 'sklearn', 'torch')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    assert python(code).strip() == "[]"
