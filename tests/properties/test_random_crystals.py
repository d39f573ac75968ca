"""Any crystal: turned, shifted, re-ordered, in another cell, saved, joined, cut."""

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pymatgen.core import Lattice, Structure

from sk_knagcn import (
    CrystalGraphs,
    StructureGraphTransformer,
    check_invariance,
    load_model,
    save_model,
)
from tests.estimators.tiny import REGRESSORS, tiny

SHAPES = {
    "cubic": lambda a: np.diag([a, a, a]),
    "needle": lambda a: np.diag([a, 1.1 * a, 9 * a]),
    "plate": lambda a: np.diag([5 * a, 5 * a, 0.8 * a]),
    "skewed": lambda a: a * np.array([[1, 0, 0], [3.7, 1, 0], [-2.2, 4.1, 1]]),
    "left-handed": lambda a: a * np.array([[0, 1.2, 0], [1, 0, 0.1], [0, 0.3, 1.4]]),
    "acute": lambda a: a * (np.eye(3) + 0.6),
}
PLACES = st.sampled_from([0.0, 0.25, 0.5, 1 / 3, 2 / 3, 0.75]) | st.floats(0, 1)


@st.composite
def structures(draw, most=4):
    lattice = SHAPES[draw(st.sampled_from(sorted(SHAPES)))](draw(st.floats(2.5, 5)))
    places = draw(st.lists(st.tuples(*[PLACES] * 3), min_size=1, max_size=most))
    elements = [draw(st.sampled_from(["Na", "Cl", "Si"])) for _ in places]
    structure = Structure(Lattice(lattice), elements, places)
    assume(len(structure) == 1 or structure.is_valid(tol=0.5))
    return structure


@pytest.mark.slow
@settings(max_examples=25)
@given(structures(), st.sampled_from([4, 9, 12]))
def test_no_crystal_depends_on_its_description(structure, k):
    report = check_invariance(
        StructureGraphTransformer(k=k, cache=None), [structure], n_rotations=1
    )
    assert report.passed, str(report)


@settings(max_examples=30)
@given(
    st.lists(st.integers(-10, 9), min_size=1, max_size=12),
    st.integers(1, 6),
    st.sampled_from([None, "r", "c"]),
    st.integers(1, 11),
)
def test_what_is_chosen_is_saved_joined_and_found(graphs, rows, k, mode, cut):
    chosen = graphs[rows].with_k(k)
    plain = np.arange(len(graphs))[rows]
    assert chosen.n_atoms.tolist() == graphs.n_atoms[plain].tolist()
    parts = [part for part in (chosen[:cut], chosen[cut:]) if len(part)]
    with tempfile.TemporaryDirectory() as folder:
        for i, part in enumerate(parts):
            part.save(Path(folder, str(i)))
        opened = [
            CrystalGraphs.open(Path(folder, str(i)), mmap_mode=mode)
            for i in range(len(parts))
        ]
        assert CrystalGraphs.concatenate(opened) == chosen
        assert CrystalGraphs.from_graphs([*opened[0], *parts[1:][:0]]) == parts[0]
        assert opened[0].padded().keys() == chosen.padded().keys()


PARAMETERS = {
    "n_layers": st.integers(0, 2),
    "width": st.integers(1, 9),
    "n_radial": st.integers(1, 7),
    "radial": st.sampled_from(["gaussian", "exponential"]),
    "embedding": st.sampled_from(["mixed", "physical", "learned", "atom2vec"]),
    "readout": st.sampled_from(["mean", "sum", "max", "attention", None]),
    "head": st.lists(st.integers(1, 5), max_size=2),
    "dropout": st.sampled_from([0, 0.3]),
    "loss": st.sampled_from(["mae", "mse", "huber", None]),
    "averaging": st.sampled_from([0, 0.9]),
    "lr": st.floats(1e-5, 1e-2),
    "weight_decay": st.floats(0, 1),
    "batch_size": st.integers(1, 20),
}


@settings(max_examples=20)
@given(st.sampled_from(REGRESSORS), st.fixed_dictionaries({}, optional=PARAMETERS))
def test_any_network_comes_back_from_its_file(graphs, y, kind, parameters):
    cls, changes = kind
    model = tiny(cls, **changes | parameters | {"max_epochs": 1}).fit(graphs, y)
    with tempfile.TemporaryDirectory() as folder:
        save_model(model, Path(folder, "model"))
        again = load_model(Path(folder, "model"))
    np.testing.assert_array_equal(again.predict(graphs), model.predict(graphs))
    kept = again.get_params()
    assert all(kept[name] == value for name, value in parameters.items())
