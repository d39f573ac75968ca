"""The transformer as scikit-learn and its users meet it."""

import pickle
import re

import joblib
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymatgen.core import IMolecule, IStructure, Lattice, Molecule, Structure
from sklearn import config_context
from sklearn.base import clone, is_regressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import estimator_html_repr
from sklearn.utils.validation import check_is_fitted

from sk_knagcn import CrystalGraphs, GraphCache, StructureGraphTransformer
from sk_knagcn.graphs import build
from sk_knagcn.structures import as_column, check_structures

PARAMETERS = {
    "k": 5,
    "frames": "paper",
    "reflect": False,
    "reduce": False,
    "tie_tolerance": 0.1,
    "on_disorder": "majority",
    "dtype": "float64",
    "cache": None,
    "n_jobs": 2,
    "verbose": 1,
}


def transform(structures, k=8, cache=None, **options):
    return StructureGraphTransformer(k=k, cache=cache, **options).transform(structures)


@pytest.fixture
def tiny_tasks(monkeypatch):
    """Hand out the structures one by one."""
    monkeypatch.setattr(build, "_TASK_ATOMS", 1)


@given(st.permutations(range(12)))
def test_rows_of_the_result_are_the_rows_of_X(structures, graphs, order):
    rows = [structures[row] for row in order]
    found = transform(rows, cache="memory")
    assert found == graphs[order]
    assert found.n_atoms.tolist() == [len(row) for row in rows]


@given(st.lists(st.integers(0, 11), min_size=1, max_size=30))
def test_rows_may_repeat(structures, graphs, rows):
    assert transform([structures[row] for row in rows], cache="memory") == graphs[rows]


@pytest.mark.parametrize("cache", [None, GraphCache(), GraphCache(max_bytes=0)])
def test_equal_structures_share_the_work(structures, calls, cache):
    copies = [*structures, *(s.copy() for s in structures), *structures]
    transform(copies, cache=cache)
    assert calls["find_neighbors"] == calls["build_environments"] == len(structures)


FORMS = {
    "tuple": tuple,
    "object array": lambda items: as_column(items).ravel(),
    "object column": as_column,
    "Series": lambda items: pd.Series(items, index=range(5, 5 + len(items))),
    "frame": lambda items: pd.DataFrame({"structure": pd.Series(items)}),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_every_form_of_X_gives_the_same(structures, graphs, form):
    assert transform(form(structures)) == graphs
    assert transform(form(list(graphs))) == graphs
    assert transform(form(check_structures(structures))) == graphs


def test_immutable_structures_are_structures(structures, graphs):
    immutable = [
        (IMolecule if isinstance(item, Molecule) else IStructure).from_sites(item)
        for item in structures
    ]
    assert transform(immutable) == graphs


def test_atoms_of_ase_are_structures(structures):
    pytest.importorskip("ase")
    from pymatgen.io.ase import AseAtomsAdaptor

    atoms = [AseAtomsAdaptor.get_atoms(item) for item in structures]
    found, expected = transform(atoms), transform(structures)
    for name, tensor in found.padded().items():
        np.testing.assert_allclose(tensor, expected.padded()[name], atol=1e-5)


@pytest.mark.parametrize(
    "options", [{}, {"reduce": False}, {"frames": "paper"}], ids=repr
)
@pytest.mark.parametrize("k", [1, 12])
def test_atom_alone_has_empty_slots(options, k):
    alone = Molecule(["He"], [[1, 2, 3]])
    (graph,) = transform([alone], k, **options)
    assert graph.species.tolist() == [2]
    assert graph.neighbors.tolist() == [[-1] * k]
    assert not graph.coordinates.any()
    assert graph.multiplicity.tolist() == [1]
    assert graph.orbits.tolist() == [0]


@pytest.mark.parametrize("name", PARAMETERS)
def test_parameters_are_kept_as_given(name):
    value = PARAMETERS[name]
    transformer = StructureGraphTransformer(**{name: value})
    assert transformer.get_params()[name] is value
    assert clone(transformer).get_params() == transformer.get_params()
    changed = StructureGraphTransformer().set_params(**{name: value})
    assert changed.get_params() == transformer.get_params()
    restored = pickle.loads(pickle.dumps(transformer))
    assert restored.get_params() == transformer.get_params()
    assert f"{name}={value!r}" in repr(transformer)
    assert repr(transformer) in estimator_html_repr(transformer).replace("&#x27;", "'")


def test_all_parameters_but_k_are_named():
    known = {*PARAMETERS, "descriptors"}  # which tests/graphs/test_columns.py tries
    assert known == set(StructureGraphTransformer().get_params())
    assert StructureGraphTransformer(5).k == 5
    with pytest.raises(TypeError, match="positional"):
        StructureGraphTransformer(5, "paper")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("k", 0),
        ("k", -3),
        ("k", 2.5),
        ("k", "12"),
        ("k", None),
        ("frames", "local"),
        ("reflect", "yes"),
        ("reduce", None),
        ("tie_tolerance", 0),
        ("tie_tolerance", -0.1),
        ("tie_tolerance", 0.5),
        ("tie_tolerance", float("nan")),
        ("descriptors", "periodicity"),
        ("on_disorder", "drop"),
        ("dtype", "float16"),
        ("cache", 7),
        ("n_jobs", 1.5),
        ("verbose", -1),
    ],
)
def test_wrong_parameters_are_named(structures, graphs, name, value):
    transformer = StructureGraphTransformer(**{name: value})
    for call, X in (
        (transformer.fit, structures),
        (transformer.transform, structures),
        (transformer.fit_transform, graphs),
    ):
        with pytest.raises(ValueError, match=f"'{name}' parameter of Structure"):
            call(X)


@pytest.mark.parametrize("k", [np.int64(8), np.uint8(8)])
def test_numbers_of_numpy_are_numbers(structures, graphs, k):
    found = transform(structures, k, tie_tolerance=np.float64(0.02), reduce=np.True_)
    assert found == graphs
    assert type(found.settings.k) is int


def test_nothing_has_to_be_fitted(structures, graphs):
    transformer = StructureGraphTransformer(k=8)
    assert transformer.fit(structures) is transformer
    assert transformer.fit(None) is transformer
    check_is_fitted(StructureGraphTransformer())
    assert transformer.fit_transform(structures, range(12)) == graphs
    assert set(vars(transformer)) == set(transformer.get_params())
    assert not is_regressor(transformer)


@pytest.mark.parametrize("output", ["default", "pandas", "polars"])
def test_choice_of_output_leaves_graphs_alone(structures, graphs, output):
    transformer = StructureGraphTransformer(k=8)
    assert transformer.set_output(transform=output) is transformer
    assert transformer.fit_transform(structures) == graphs
    with config_context(transform_output=output):
        assert transformer.transform(structures) == graphs
        assert StructureGraphTransformer(k=8).fit_transform(structures) == graphs


@pytest.mark.parametrize("how", ["set_output", "configuration"])
def test_tables_after_the_graphs_are_made(structures, how):
    sizes = FunctionTransformer(
        lambda graphs: pd.DataFrame({"atoms": graphs.n_atoms}),
        feature_names_out=lambda _, __: ["atoms"],
    )
    pipeline = make_pipeline(StructureGraphTransformer(k=8), sizes)
    if how == "set_output":
        table = pipeline.set_output(transform="pandas").fit_transform(structures)
    else:
        with config_context(transform_output="pandas"):
            table = pipeline.fit_transform(structures)
    assert isinstance(table, pd.DataFrame)
    assert table["atoms"].tolist() == [len(structure) for structure in structures]


def test_result_is_the_same_on_two_threads(structures, graphs, tiny_tasks):
    assert transform(structures, n_jobs=2) == graphs
    assert transform(structures, n_jobs=2, cache=GraphCache()) == graphs


def test_result_is_the_same_in_two_processes(structures, graphs, tiny_tasks):
    with joblib.parallel_config(backend="loky", n_jobs=2):
        assert transform(structures) == graphs
        close = Structure(Lattice.cubic(3), ["H", "H"], [[0, 0, 0], [0, 0, 1e-4]])
        with pytest.raises(ValueError, match=r"structure 12 \(H\) has two atoms"):
            transform([*structures, close])


@pytest.mark.parametrize("verbose", [0, 1, True, False])
@pytest.mark.parametrize("n_jobs", [None, 2])
def test_progress_is_shown_when_asked_for(
    structures, tiny_tasks, capsys, verbose, n_jobs
):
    transform(structures, verbose=verbose, n_jobs=n_jobs)
    output = capsys.readouterr()
    assert output.out == ""
    if verbose:
        assert "graphs" in output.err
        assert "12/12" in output.err
    else:
        assert output.err == ""


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_two_atoms_on_one_spot_are_named(structures, tiny_tasks, n_jobs):
    sites = [[0.5, 0.5, 0.5], [0, 0, 0], [1, 0, 0.001]]
    close = Structure(Lattice.cubic(5), ["Cl", "Na", "Na"], sites)
    with pytest.raises(ValueError, match="two atoms on one spot") as caught:
        transform([*structures[:3], close, *structures], n_jobs=n_jobs)
    assert str(caught.value) == (
        "structure 3 (Na2Cl) has two atoms on one spot: sites 1 and 2 are 0.005 "
        "Angstrom apart. Remove one of them."
    )
    several = [close, *structures[:3], close, *structures[:3], close * 2]
    with pytest.raises(ValueError, match="3 of 9 structures cannot be used") as caught:
        transform(several, n_jobs=n_jobs)
    assert re.findall(r"structure (\d)", str(caught.value)) == ["0", "4", "8"]


def test_what_is_wrong_with_X_is_said_at_the_door(structures):
    disordered = structures[1].copy()
    disordered[0] = {"Cs": 0.6, "K": 0.4}
    with pytest.raises(ValueError, match=r"structure 1 .*disordered.*on_disorder"):
        transform([structures[0], disordered])
    found = transform([disordered], on_disorder="majority")
    assert found == transform([structures[1]])
    with pytest.raises(ValueError, match="X is empty"):
        transform([])
    with pytest.raises(TypeError, match=r"single Structure.*Pass \[structure\]"):
        transform(structures[0])
    with pytest.raises(TypeError, match="item 1 is of type NoneType"):
        transform([structures[0], None])


def test_exact_coordinates_are_those_rounded_later(structures, graphs):
    exact = transform(structures, dtype="float64").padded()
    for name, tensor in graphs.padded().items():
        if name == "coordinates":
            assert (exact[name].dtype, tensor.dtype) == (np.float64, np.float32)
            np.testing.assert_array_equal(exact[name].astype(np.float32), tensor)
        elif name == "distances":
            np.testing.assert_allclose(exact[name], tensor, rtol=1e-6)
        else:
            np.testing.assert_array_equal(exact[name], tensor)


def test_graphs_pass_through(graphs):
    transformer = StructureGraphTransformer(k=8)
    assert transformer.fit_transform(graphs) == graphs
    assert transformer.transform(graphs[::3]) == graphs[::3]
    passed = transformer.set_params(k=3).transform(graphs)
    assert passed == graphs.with_k(3)
    assert np.shares_memory(passed[0].coordinates, graphs[0].coordinates)


@pytest.mark.parametrize(
    "options",
    [
        {"k": 9},
        {"frames": "paper"},
        {"reflect": False},
        {"reduce": False},
        {"tie_tolerance": 0.03},
        {"dtype": "float64"},
    ],
    ids=repr,
)
def test_graphs_made_otherwise_are_refused(graphs, options):
    (name, value) = next(iter(options.items()))
    transformer = StructureGraphTransformer(**({"k": 8} | options))
    for X in (graphs, list(graphs), np.asarray(graphs)):
        with pytest.raises(ValueError, match="X holds graphs made with") as caught:
            transformer.transform(X)
        assert f"{name}={getattr(graphs.settings, name)!r}" in str(caught.value)
        assert f"{name}={value!r}" in str(caught.value)


def test_settings_that_change_nothing_in_graphs_are_no_obstacle(graphs):
    for options in ({"n_jobs": 2}, {"cache": None}, {"on_disorder": "majority"}):
        assert StructureGraphTransformer(k=8, **options).transform(graphs) == graphs


def test_graphs_and_structures_do_not_mix(structures, graphs):
    with pytest.raises(TypeError, match="item 1 is a CrystalGraph"):
        transform([structures[0], graphs[1]])
    with pytest.raises(ValueError, match="different settings cannot be joined"):
        transform([graphs[0], graphs.with_k(3)[0]], k=3)


def test_pipeline_can_keep_graphs_on_disk(structures, graphs, tmp_path, calls):
    pipeline = Pipeline(
        [("graph", StructureGraphTransformer(k=8, cache=None)), ("last", Collector())],
        memory=str(tmp_path),
    )
    for _ in range(2):
        assert pipeline.fit(structures)[-1].graphs == graphs
    assert calls["find_neighbors"] <= 2 * len(structures)


class Collector:
    """A last step that keeps what it gets."""

    def fit(self, X, y=None):
        assert isinstance(X, CrystalGraphs)
        self.graphs = X
        return self
