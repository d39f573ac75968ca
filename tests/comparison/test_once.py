"""Graphs and descriptors are made once for all models, folds and processes."""

import os
from typing import ClassVar

import pytest
from sklearn.ensemble import VotingRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import Ridge
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline

from sk_knagcn import (
    EnsembleRegressor,
    GraphCache,
    PerAtomRegressor,
    StructureDescriptors,
    StructureGraphTransformer,
    compare,
)
from sk_knagcn.comparison.preparation import make_own_graphs
from sk_knagcn.graphs import build
from tests.comparison.models import Atoms, Learning, Noting
from tests.estimators.tiny import tiny

# Starting processes takes seconds.
PROCESSES = pytest.mark.parametrize(
    "n_jobs", [1, pytest.param(2, marks=pytest.mark.slow)]
)


def described(folder, **changes):
    return StructureDescriptors(featurizers=Atoms(str(folder)), **changes)


@PROCESSES
def test_descriptors(tmp_path, structures, y, n_jobs):
    table = described(tmp_path)
    hybrid = StructureGraphTransformer(k=6, descriptors=described(tmp_path))
    models = {
        "ridge": make_pipeline(table, Ridge()),
        "other": make_pipeline(described(tmp_path), Ridge(10)),
        "hybrid": make_pipeline(hybrid, tiny(k=None)),
    }
    result = compare(models, structures, y, cv=3, n_jobs=n_jobs)
    assert result.errors == {}
    assert len(list(tmp_path.iterdir())) == len(structures)


@PROCESSES
def test_graphs(tmp_path, structures, y, n_jobs):
    models = {
        f"k={k}": make_pipeline(
            Noting(k, folder=str(tmp_path), cache=GraphCache()), tiny(k=None)
        )
        for k in (5, 6)
    }
    result = compare(models, structures, y, cv=3, n_jobs=n_jobs)
    assert result.errors == {}
    first, second, *later = sorted(tmp_path.iterdir())
    # Those of all structures before the first fit; then a training and a test part for
    # each of three folds and two models.
    assert int(first.read_text()) >= int(second.read_text()) >= len(structures)
    assert [note.read_text() for note in later] == ["0"] * 12
    workers = {note.name.split("-")[1] for note in later}
    assert (str(os.getpid()) in workers) == (n_jobs == 1)


def test_neighbours_for_every_k(monkeypatch, structures, y):
    found = []
    search = build.find_all_neighbors

    def counting(*args, **kwargs):
        found.append(len(args[0]))
        return search(*args, **kwargs)

    monkeypatch.setattr(build, "find_all_neighbors", counting)
    cache = GraphCache()
    models = {
        f"k={k}": make_pipeline(StructureGraphTransformer(k, cache=cache), tiny(k=None))
        for k in (3, 7, 5)
    }
    compare(models, structures, y, cv=3)
    assert len(found) == 1


class Watched(PerAtomRegressor):
    """Notes how many searches for neighbours there have been before and after a fit."""

    searches: ClassVar[list[int]] = []
    noted: ClassVar[list[tuple[int, int]]] = []

    def fit(self, X, y):
        before = len(self.searches)
        super().fit(X, y)
        self.noted.append((before, len(self.searches)))
        return self


@pytest.mark.parametrize(
    ("stretch", "inside"),
    [
        (1.01, tiny(k=4)),
        (1.02, EnsembleRegressor(tiny(k=4), n_members=2)),
        (1.03, VotingRegressor([("net", tiny(k=4)), ("other", tiny(k=4))])),
        (1.04, make_pipeline(StructureGraphTransformer(k=4), tiny(k=None))),
    ],
)
def test_no_graph_is_built_while_the_fit_of_a_nested_network_is_timed(
    monkeypatch, structures, y, stretch, inside
):
    monkeypatch.setattr(Watched, "searches", [])
    monkeypatch.setattr(Watched, "noted", [])
    search = build.find_all_neighbors

    def counting(*args, **kwargs):
        Watched.searches.append(len(args[0]))
        return search(*args, **kwargs)

    monkeypatch.setattr(build, "find_all_neighbors", counting)
    moved = [structure.copy() for structure in structures]
    for structure in moved:  # unlike those of other tests, which may be remembered
        structure.scale_lattice(structure.volume * stretch)
    result = compare({"nested": Watched(inside)}, moved, y, cv=2)
    assert result.errors == {}
    assert Watched.searches
    assert [after - before for before, after in Watched.noted] == [0, 0]


def test_parameters_may_be_tuples_of_anything():
    for sizes in ((), (100,), (3, 4)):
        make_own_graphs(make_pipeline(Ridge(), MLPRegressor(sizes)), [])


def test_a_network_alone_gets_its_graphs_like_the_others(structures, y):
    nets = {
        "alone": tiny(k=6),
        "pipe": make_pipeline(StructureGraphTransformer(k=6), tiny(k=None)),
    }
    result = compare(nets, structures, y, cv=3)
    alone, pipe = (result.predictions[name] for name in nets)
    assert alone.equals(pipe)


def test_what_learns_sees_its_fold_only(structures, y):
    learning = StructureDescriptors(featurizers=Learning())
    Learning.seen = []
    result = compare({"ridge": make_pipeline(learning, Ridge())}, structures, y, cv=3)
    assert result.errors == {}
    assert Learning.seen == [16, 16, 16]


@pytest.mark.slow
def test_what_is_frozen_stays_as_it_is(structures, y):
    graph = StructureGraphTransformer(k=6).fit(structures)
    compare(
        {"net": make_pipeline(FrozenEstimator(graph), tiny())},
        structures,
        y,
        cv=2,
        n_jobs=2,
    )
    assert graph.cache == "memory"
