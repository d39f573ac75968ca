"""Nothing is computed twice, and nothing depends on what was computed before."""

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from sk_knagcn import GraphCache, StructureDescriptors, StructureGraphTransformer
from sk_knagcn.geometry.environments import find_neighbors
from sk_knagcn.graphs.cache import _reopen, resolve_cache
from sk_knagcn.structures import check_structures

KS = [4, 8, 12, 16, 32]
OTHERWISE = [
    {"frames": "paper"},
    {"reflect": False},
    {"reduce": False},
    {"dtype": "float64"},
    {"tie_tolerance": 0.1},
]


def transform(structures, k=8, cache=None, **options):
    return StructureGraphTransformer(k=k, cache=cache, **options).transform(structures)


def mean_distances(graphs):
    weights = [graph.multiplicity for graph in graphs]
    pairs = zip(graphs, weights, strict=True)
    return np.array([np.average(g.distances, axis=0, weights=w) for g, w in pairs])


def regressor(**options):
    return Pipeline(
        [
            ("graph", StructureGraphTransformer(**options)),
            ("distances", FunctionTransformer(mean_distances)),
            ("nearest", KNeighborsRegressor(1)),
        ]
    )


def neighbor_list(structure, k):
    return find_neighbors(*check_structures([structure]), k, 0.02)


@pytest.fixture(scope="session")
def y(structures):
    return np.array(
        [len(structure) / structure[0].specie.Z for structure in structures]
    )


# How often neighbours of one structure are searched, and how often it is framed.
@pytest.mark.parametrize(
    ("ks", "searches", "framings"),
    [
        (KS, 2, 5),  # for 12 and for 36
        (KS[::-1], 1, 5),
        ([4, 8, 12], 1, 3),
        ([16, 4, 16, 4], 1, 2),
        ([12, 13, 36, 13], 2, 3),
        ([1, 100], 2, 2),
    ],
)
def test_neighbors_are_searched_for_the_largest_k_only(
    structures, calls, ks, searches, framings
):
    cache, n = GraphCache(), len(structures)
    for k in ks:
        transform(structures, k, cache)
    assert calls["find_neighbors"] == searches * n
    assert calls["build_environments"] == framings * n


def test_search_over_k_builds_each_graph_once(structures, y, calls):
    cache, n = GraphCache(), len(structures)
    search = GridSearchCV(regressor(cache=cache), {"graph__k": KS}, cv=5)
    search.fit(structures, y)
    assert calls["find_neighbors"] == 2 * n
    assert calls["build_environments"] == len(KS) * n

    calls.clear()
    search.fit(structures, y)
    assert calls.total() == 0


def test_search_finds_what_separate_fits_find(structures, y, calls):
    search = GridSearchCV(regressor(cache=GraphCache()), {"graph__k": KS}, cv=5)
    search.fit(structures, y)
    for i, k in enumerate(KS):
        found = [search.cv_results_[f"split{fold}_test_score"][i] for fold in range(5)]
        cold = cross_val_score(regressor(k=k, cache=None), structures, y, cv=5)
        assert found == cold.tolist()


@pytest.mark.parametrize("order", [KS, KS[::-1], [12, 32, 4, 16, 8], [8, 8, 32, 8]])
@pytest.mark.parametrize(
    ("max_bytes", "on_disk"),
    [(10**7, False), (9_000, False), (10**7, True), (0, True)],
    ids=["roomy", "tiny", "on disk", "on disk only"],
)
def test_graphs_do_not_depend_on_what_was_asked_before(
    structures, tmp_path, order, max_bytes, on_disk
):
    cache = GraphCache(max_bytes, path=tmp_path if on_disk else None)
    for k in order:
        assert transform(structures, k, cache) == transform(structures, k)
        assert cache.nbytes <= max_bytes


@pytest.mark.parametrize("options", OTHERWISE, ids=repr)
def test_nor_do_graphs_made_otherwise(structures, options):
    cache = GraphCache()
    for k in (32, 4, 12):
        expected = transform(structures, k, **options)
        assert transform(structures, k, cache, **options) == expected


@pytest.mark.parametrize("options", OTHERWISE, ids=repr)
def test_graphs_made_otherwise_are_never_found(structures, calls, options):
    cache = GraphCache()
    transform(structures, cache=cache)
    calls.clear()
    built = transform(structures, cache=cache, **options)
    assert calls["build_environments"] == len(structures)
    # Neighbours depend on nothing but the tolerance.
    anew = len(structures) if "tie_tolerance" in options else 0
    assert calls["find_neighbors"] == anew
    assert built == transform(structures, **options)


def test_changed_structure_is_another_structure(structures, calls):
    cache, (*others, last) = GraphCache(), structures
    transform(structures, cache=cache)
    calls.clear()
    moved = last.copy()
    moved.translate_sites([0], [0, 0, 1e-9])
    assert transform([*others, moved], cache=cache) == transform([*others, moved])
    assert calls["find_neighbors"] == 1 + len(structures)


@pytest.mark.parametrize("make", [StructureGraphTransformer, StructureDescriptors])
def test_a_folder_without_a_name_is_refused(make, structures):
    with pytest.raises(ValueError, match="cache is ''"):
        make(cache="").fit_transform(structures)


def test_no_cache_builds_each_time(structures, calls):
    for _ in range(3):
        transform(structures, cache=None)
    assert calls["find_neighbors"] == 3 * len(structures)


def test_store_is_shared_in_the_process_by_default(structures, calls):
    for _ in range(3):
        StructureGraphTransformer(k=8).transform(structures)
        clone(StructureGraphTransformer(k=8)).transform(structures)
    assert calls["find_neighbors"] == len(structures)


def test_graphs_handed_out_are_not_those_kept(structures):
    cache = GraphCache()
    for k in (8, 5):
        for rows in (structures, structures[:1]):
            for array in transform(rows, k, cache)[0].arrays().values():
                array[...] = 0
            assert transform(rows, k, cache) == transform(rows, k)


def test_least_recently_used_graphs_leave_first(graphs):
    values = {bytes([i]): graphs[i] for i in range(6)}
    size = sum(value.nbytes for value in values.values())
    cache = GraphCache(max_bytes=size)
    cache.put(values)
    assert cache.nbytes == size
    assert cache.get(reversed(values)) == dict(reversed(values.items()))

    cache.put({b"new": graphs[5]})
    kept = cache.get([b"new", *values])
    assert list(kept) == [b"new", *map(bytes, ([0], [1], [2], [3], [4]))]
    assert cache.nbytes <= cache.max_bytes
    assert (cache.hits, cache.misses) == (12, 1)

    cache.clear()
    assert cache.get(values) == {}
    assert cache.nbytes == 0


def test_graph_that_does_not_fit_displaces_no_other(graphs):
    small, large = graphs[2], max(graphs, key=lambda graph: graph.nbytes)
    cache = GraphCache(max_bytes=large.nbytes - 1)
    cache.put({b"small": small, b"large": large})
    assert cache.get([b"small", b"large"]) == {b"small": small}
    assert cache.nbytes == small.nbytes


def test_replaced_graphs_are_counted_once(graphs):
    cache = GraphCache()
    for graph in graphs:
        cache.put({b"key": graph})
        assert cache.get([b"key"]) == {b"key": graph}
        assert cache.nbytes == graph.nbytes


@pytest.mark.parametrize("order", [[12, 36, 20], [36, 12], [36, 36]])
@pytest.mark.parametrize("on_disk", [False, True])
def test_longer_list_is_never_replaced_by_a_shorter(
    structures, tmp_path, order, on_disk
):
    path = tmp_path if on_disk else None
    cache = GraphCache(path=path)
    for k in order:
        GraphCache(path=path).put({b"key": neighbor_list(structures[0], k)})
        cache.put({b"key": neighbor_list(structures[0], k)})
    for store in [cache, *([GraphCache(path=path)] if on_disk else [])]:
        (found,) = store.get([b"key"]).values()
        assert found.k == max(order)


def test_threads_share_a_store(structures, tmp_path):
    ks = [4, 32, 8, 16, 12, 4, 32, 8]
    for cache in (
        GraphCache(),
        GraphCache(max_bytes=20_000),
        GraphCache(max_bytes=20_000, path=tmp_path),
    ):
        with ThreadPoolExecutor(2) as pool:
            built = list(pool.map(partial(transform, structures, cache=cache), ks))
        for k, graphs in zip(ks, built, strict=True):
            assert graphs == transform(structures, k)
        assert 0 <= cache.nbytes <= cache.max_bytes
        cache.clear()
        assert cache.nbytes == 0


def test_copies_and_clones_are_the_same_store(structures, calls):
    cache = GraphCache()
    transformer = StructureGraphTransformer(k=8, cache=cache)
    assert copy.copy(cache) is copy.deepcopy(cache) is cache
    assert clone(transformer).cache is cache
    assert clone(regressor(cache=cache)).get_params()["graph__cache"] is cache
    transformer.transform(structures)
    clone(transformer).transform(structures)
    assert calls["find_neighbors"] == len(structures)


@pytest.mark.parametrize("max_bytes", [5_000, 10_000])
@pytest.mark.parametrize("on_disk", [False, True])
def test_pickled_store_opens_the_same_folder(
    structures, tmp_path, calls, max_bytes, on_disk
):
    cache = GraphCache(max_bytes, path=tmp_path if on_disk else None)
    transformer = StructureGraphTransformer(k=8, cache=cache)
    transformer.transform(structures)
    assert len(pickle.dumps(transformer)) < 2_000
    first, second = (pickle.loads(pickle.dumps(transformer)) for _ in range(2))
    assert first.cache is second.cache
    assert (first.cache.max_bytes, first.cache.path) == (max_bytes, cache.path)
    calls.clear()
    assert first.transform(structures) == transformer.transform(structures)
    assert calls["build_environments"] == 0 or not on_disk
    assert first.cache.nbytes <= max_bytes


def test_pickled_stores_keep_their_bounds():
    for max_bytes in (5_000, 10_000):
        cache = GraphCache(max_bytes)
        assert pickle.loads(pickle.dumps(cache)).max_bytes == max_bytes


def test_parameter_names_a_store(tmp_path):
    own = GraphCache()
    assert resolve_cache(own) is own
    assert resolve_cache(None) is None
    assert resolve_cache("memory") is resolve_cache("memory")
    assert resolve_cache("memory").path is None
    assert resolve_cache(str(tmp_path)) is resolve_cache(tmp_path)
    assert resolve_cache(tmp_path) is resolve_cache(tmp_path / "a" / "..")
    assert resolve_cache(tmp_path) is not resolve_cache(tmp_path / "a")
    assert list(tmp_path.iterdir()) == []


def test_short_repr_states_the_sizes(structures, tmp_path):
    cache = GraphCache(5_000_000, path=tmp_path / "graphs")
    transform(structures, 8, cache)
    entries = 2 * len(structures)
    assert repr(cache).startswith(f"GraphCache({entries} entries, 0.0 of 5.0 MB, path=")
    assert str(tmp_path / "graphs") in repr(cache)


def test_stores_that_were_pickled_before_are_opened():
    assert _reopen(1_000, None) is _reopen(1_000, "memory")
