"""Many graphs in one container: indexed, joined, compared, padded and pickled."""

import pickle
from copy import deepcopy

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymatgen.core import Lattice, Structure
from sklearn.model_selection import KFold, train_test_split
from sklearn.utils import _safe_indexing, indexable, resample, shuffle

from sk_knagcn.graphs import CrystalGraph, CrystalGraphs, StructureGraphTransformer

N = 12  # structures in the fixtures
ODD = np.arange(N) % 2 == 1

KEYS = {
    "slice": slice(2, 5),
    "slice with a step": slice(1, None, 3),
    "slice backwards": slice(None, None, -1),
    "slice beyond the end": slice(9, 100),
    "empty slice": slice(4, 4),
    "everything": slice(None),
    "mask": ODD,
    "mask as a list": ODD.tolist(),
    "empty mask": np.zeros(N, dtype=bool),
    "integers as a list": [5, 0, 3],
    "integers as an array": np.array([5, 0, 3]),
    "small integers": np.array([5, 0, 3], dtype=np.int8),
    "unsigned integers": np.array([5, 0, 3], dtype=np.uint64),
    "numpy integers in a list": [np.int32(5), np.int64(0)],
    "negative integers": [-1, -N],
    "repeated integers": [4, 4, 4],
    "empty list": [],
    "empty array": np.array([], dtype=np.intp),
    "range": range(3, 6),
}
REFUSED = {
    "beyond the end": N,
    "before the start": -N - 1,
    "integers beyond the end": [0, N],
    "float": 1.0,
    "floats": [0.0, 1.0],
    "text": "species",
    "None": None,
    "truth": True,
    "truth of numpy": np.True_,
    "short mask": [True, False],
    "two axes": [[0, 1], [2, 3]],
    "second column": (slice(None), 1),
    "element": (0, 0),
    "three axes": (0, slice(None), slice(None)),
    "part of the column": (0, slice(1)),
}


def transform(structures, k, **options):
    return StructureGraphTransformer(k=k, cache=None, **options).transform(structures)


def chosen(graphs, rows):
    return [graphs[int(row)] for row in rows]


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
@pytest.mark.parametrize("after", [None, ..., slice(None)], ids=["", "...", ":"])
def test_rows_are_chosen_as_numpy_does(graphs, same, key, after):
    rows = np.arange(N)[key]
    selected = graphs[key] if after is None else graphs[key, after]
    assert isinstance(selected, CrystalGraphs)
    assert selected.shape == (len(selected), 1) == (len(rows), 1)
    assert all(map(same, selected, chosen(graphs, rows)))
    assert selected.n_atoms.tolist() == graphs.n_atoms[rows].tolist()
    assert selected.n_stored_atoms.tolist() == graphs.n_stored_atoms[rows].tolist()


@pytest.mark.parametrize("key", [..., (), (...,), (..., ...)])
def test_everything_is_chosen_by_an_ellipsis(graphs, key):
    assert graphs[key] == graphs


@pytest.mark.parametrize("cast", [int, np.int8, np.uint16, np.int64])
def test_integer_gives_one_graph(graphs, structures, cast):
    for row in range(N):
        for graph in (graphs[cast(row)], graphs[cast(row), ...], graphs[row - N]):
            assert isinstance(graph, CrystalGraph)
            assert len(graph.orbits) == len(structures[row]) == graphs.n_atoms[row]
            assert len(graph) == graphs.n_stored_atoms[row]


@pytest.mark.parametrize("key", REFUSED.values(), ids=REFUSED)
def test_other_keys_are_refused(graphs, key):
    with pytest.raises(IndexError):
        graphs[key]


rows_of = st.lists(st.integers(0, N - 1), min_size=1, max_size=20)


@given(rows_of, st.data())
def test_selections_compose(graphs, rows, data):
    again = data.draw(st.lists(st.integers(-len(rows), len(rows) - 1), max_size=20))
    assert graphs[rows][again] == graphs[np.array(rows)[again].astype(int)]
    assert graphs[rows][::-1] == graphs[rows[::-1]]


def test_iteration_goes_through_the_rows(graphs, same):
    selected = graphs[[7, 2, 2]]
    assert len(list(selected)) == len(selected) == 3
    assert all(map(same, selected, chosen(graphs, [7, 2, 2])))


def test_indexing_changes_and_shares_nothing_but_arrays(graphs):
    before = deepcopy(graphs)
    key = np.array([3, 1])
    selected = graphs[key]
    key[:] = 0
    assert selected == graphs[[3, 1]]
    tensors = selected.padded()
    for tensor in tensors.values():
        tensor[...] = 0
    assert graphs == before
    assert np.shares_memory(selected[0].coordinates, graphs[3].coordinates)


@pytest.mark.parametrize("key", ["slice", "mask", "integers as a list", "everything"])
def test_column_of_objects_and_back(graphs, key):
    selected = graphs[KEYS[key]]
    column = np.asarray(selected)
    assert column.shape == selected.shape == (len(selected), 1)
    assert selected.ndim == column.ndim
    assert column.dtype == object
    transformer = StructureGraphTransformer(k=8)
    for X in (column, column.ravel(), list(selected), np.vstack([column])):
        assert transformer.transform(X) == selected


def test_numbers_are_not_made_of_graphs(graphs):
    with pytest.raises(TypeError, match=r"array of float32.*padded\(\)"):
        np.asarray(graphs, dtype=np.float32)


def test_scikit_learn_selects_rows(graphs, same):
    for name in ("slice", "mask", "mask as a list", "integers as a list"):
        assert _safe_indexing(graphs, KEYS[name]) == graphs[KEYS[name]]
    assert same(_safe_indexing(graphs, 3), graphs[3])
    assert indexable(graphs, range(N))[0] is graphs


def test_scikit_learn_splits_and_draws_rows(graphs):
    order = np.arange(N)
    parts = train_test_split(graphs, order, test_size=0.25, random_state=0)
    assert parts[0] == graphs[parts[2]]
    assert parts[1] == graphs[parts[3]]
    for draw in (resample, shuffle):
        drawn, rows = draw(graphs, order, random_state=0)
        assert drawn == graphs[rows]
    for train, test in KFold(5).split(graphs):
        assert len(graphs[train]) + len(graphs[test]) == N


@given(st.lists(rows_of, min_size=1, max_size=4))
def test_concatenation_puts_rows_end_to_end(graphs, parts):
    joined = CrystalGraphs.concatenate([graphs[rows] for rows in parts])
    assert joined == graphs[np.concatenate(parts)]


@pytest.mark.parametrize("join", [CrystalGraphs.concatenate, CrystalGraphs.from_graphs])
def test_only_graphs_of_one_kind_are_joined(graphs, join):
    whole, short = graphs[:2], graphs.with_k(3)[:2]
    if join == CrystalGraphs.from_graphs:
        whole, short = whole[0], short[0]
    with pytest.raises(ValueError, match=r"different settings.*0 has.*k=8.*1 has.*k=3"):
        join([whole, short])
    with pytest.raises(ValueError, match="Pass at least one"):
        join([])


def test_equality_sees_every_difference(graphs, structures):
    assert graphs == graphs[:]
    assert graphs == deepcopy(graphs)
    assert graphs == CrystalGraphs.concatenate([graphs[:5], graphs[5:]])
    assert graphs != graphs[::-1]
    assert graphs != graphs[:-1]
    assert graphs != graphs.with_k(7)
    assert graphs != transform(structures, 8, dtype="float64")
    for name in ("species", "neighbors", "coordinates", "multiplicity", "orbits"):
        other = deepcopy(graphs)
        getattr(other[N - 1], name).flat[-1] += 1
        assert graphs != other
    assert graphs != "graphs"
    with pytest.raises(TypeError, match="unhashable"):
        hash(graphs)


def test_short_repr_states_the_sizes(graphs):
    assert repr(graphs[[0, 4]]) == (
        "CrystalGraphs(2 structures, 11 atoms (4 stored), k=8, 0.0 MB)"
    )
    assert repr(graphs[0]) == "CrystalGraph(8 atoms, 2 stored, k=8)"


@pytest.mark.parametrize("k", [1, 2, 5, 8])
def test_fewer_slots_are_a_view(graphs, k):
    view = graphs.with_k(k)
    assert view.k == view.settings.k == k
    for small, large in zip(view, graphs, strict=True):
        for name, array in small.arrays().items():
            assert np.shares_memory(array, getattr(large, name))
        np.testing.assert_array_equal(small.coordinates, large.coordinates[:, :k])
        np.testing.assert_array_equal(small.neighbors, large.neighbors[:, :k])


@pytest.mark.parametrize("k", [0, -1, 9])
def test_slots_that_are_not_there(graphs, k):
    with pytest.raises(ValueError, match=f"between 1 and 8, .* got {k}"):
        graphs.with_k(k)


@pytest.mark.parametrize("k", [1, 2, 4, 7, 12])
@pytest.mark.parametrize("reduce", [True, False])
def test_view_holds_what_a_build_at_its_k_would(structures, k, reduce):
    options = {"reduce": reduce, "dtype": "float64"}
    views = transform(structures, 12, **options).with_k(k)
    for view, built in zip(views, transform(structures, k, **options), strict=True):
        # Orbits may be finer with more neighbours: compare the atoms of the structure.
        np.testing.assert_allclose(
            view.coordinates[view.orbits], built.coordinates[built.orbits], atol=1e-9
        )
        np.testing.assert_array_equal(
            elements(view)[view.orbits], elements(built)[built.orbits]
        )


@pytest.mark.parametrize("k", [1, 3, 6, 8, 11])
def test_view_of_a_distorted_crystal_holds_the_same_elements(k):
    cell = Structure(Lattice.cubic(4), ["Cs", "Cl"], [[0] * 3, [0.5] * 3]) * (2, 1, 1)
    moves = np.random.default_rng(0).normal(scale=0.002, size=(20, len(cell), 3))
    distorted = [
        Structure(cell.lattice, cell.species, cell.frac_coords + move) for move in moves
    ]
    views = transform(distorted, 12).with_k(k)
    for view, built in zip(views, transform(distorted, k), strict=True):
        np.testing.assert_array_equal(
            elements(view)[view.orbits], elements(built)[built.orbits]
        )


def elements(graph):
    return np.where(graph.neighbors < 0, 0, graph.species[graph.neighbors])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("rows", [range(N), [4], [9, 5, 0, 0]])
def test_padded_tensors_hold_the_single_graphs(structures, dtype, rows):
    graphs = transform([structures[row] for row in rows], 8, dtype=dtype)
    tensors = graphs.padded()
    shape = len(graphs), max(map(len, graphs))
    assert tensors["mask"].shape == shape
    assert tensors["mask"].dtype == tensors["slot_mask"].dtype == bool
    assert tensors["coordinates"].dtype == tensors["distances"].dtype == dtype
    for name in ("species", "neighbors", "multiplicity"):
        assert tensors[name].dtype == np.int64
    for row, graph in enumerate(graphs):
        own = {name: tensor[row] for name, tensor in tensors.items()}
        there = np.arange(shape[1]) < len(graph)
        np.testing.assert_array_equal(own["mask"], there)
        np.testing.assert_array_equal(own["slot_mask"][there], graph.neighbors >= 0)
        np.testing.assert_array_equal(own["species"][there], graph.species)
        np.testing.assert_array_equal(own["multiplicity"][there], graph.multiplicity)
        np.testing.assert_array_equal(own["coordinates"][there], graph.coordinates)
        np.testing.assert_array_equal(own["distances"][there], graph.distances)
        np.testing.assert_array_equal(
            own["neighbors"][there], np.maximum(graph.neighbors, 0)
        )
        for name, tensor in own.items():
            assert not tensor[~there].any(), name
        for name in ("neighbors", "distances", "coordinates"):
            assert not own[name][~own["slot_mask"]].any(), name


def test_molecules_leave_slots_empty(graphs):
    for molecule, others in ((graphs[4], 2), (graphs[5], 1)):
        assert ((molecule.neighbors >= 0).sum(axis=1) == others).all()
        assert (molecule.neighbors[:, others:] == -1).all()
        assert not molecule.coordinates[:, others:].any()
    assert np.isfinite(graphs.padded()["distances"]).all()


def test_nothing_selected_is_padded_to_nothing(graphs):
    shapes = {name: tensor.shape for name, tensor in graphs[[]].padded().items()}
    assert shapes["mask"] == (0, 0)
    assert shapes["coordinates"] == (0, 0, 8, 3)


def test_bytes_are_those_of_the_arrays(graphs):
    for selected in (graphs, graphs[[3]], graphs[ODD], graphs.with_k(3), graphs[[]]):
        offsets = 2 * 8 * (len(selected) + 1)
        assert selected.nbytes == sum(graph.nbytes for graph in selected) + offsets


def test_memory_is_bounded_by_the_stored_atoms(structures):
    cell = Structure.from_spacegroup("Fd-3m", Lattice.cubic(3.57), ["C"], [[0] * 3])
    graphs = transform([*structures, cell * (2, 1, 1)], 12)
    stored, atoms = graphs.n_stored_atoms.sum(), graphs.n_atoms.sum()
    assert graphs.nbytes <= 200 * stored + 4 * atoms + 16 * (len(graphs) + 1)
    assert graphs.nbytes <= 256 * stored + 64 * len(graphs)


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_pickled_selection_is_the_selection(graphs, key):
    selected = graphs[key].with_k(5)
    restored = pickle.loads(pickle.dumps(selected))
    assert restored == selected
    assert restored.k == 5


def test_small_selections_leave_the_rest_behind(graphs):
    many = CrystalGraphs.concatenate([graphs] * 50)
    assert len(pickle.dumps(many[:N])) < len(pickle.dumps(many)) / 20


def test_large_selections_are_sent_with_the_arrays_as_they_are(graphs):
    # joblib then keeps one copy of the arrays for all workers and folds.
    many = CrystalGraphs.concatenate([graphs] * 5)
    buffers = []
    pickle.dumps(many[N:], protocol=5, buffer_callback=buffers.append)
    sent = [np.frombuffer(buffer, dtype=np.uint8) for buffer in buffers]
    for array in many[0].arrays().values():
        assert any(np.shares_memory(array, buffer) for buffer in sent)
