"""Any backend of joblib: the same numbers, X sent once, a lost worker made good."""

import signal
from contextlib import contextmanager, nullcontext

import numpy as np
import pytest
from joblib import parallel_config
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from sk_knagcn import (
    CrystalGraphs,
    StructureDescriptors,
    StructureGraphTransformer,
    compare,
)
from sk_knagcn.graphs import build
from sk_knagcn.labels import henry_constant, min_bond_length
from tests.clusters.watched import KilledOnce, Watched
from tests.estimators.tiny import tiny

pytestmark = [
    pytest.mark.slow,  # other processes import torch and pymatgen first
    # loky replaces a worker that has grown, as by importing torch, and says so in a
    # thread that would die of it if this were an error: then all others wait for ever.
    pytest.mark.filterwarnings("ignore:A worker stopped while some jobs:UserWarning"),
]
GRID = {"n_layers": [1, 2], "lr": [1e-3, 2e-3, 4e-3]}


@contextmanager
def two_workers(folder):
    """Two worker processes of Dask, and who may be killed."""
    pytest.importorskip("distributed", reason="needs the extra dask")
    from distributed import Client, LocalCluster

    killed = folder / "killed"
    with (
        pytest.MonkeyPatch.context() as patch,
        # Its log of workers that are killed, and of what it does about it.
        LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            dashboard_address=":0",  # any port that is free
            env={"KILLED_ONCE": str(killed), "OMP_NUM_THREADS": "1"},
            local_directory=str(folder),
        ) as local,
        Client(local) as client,
    ):
        patch.setenv("KILLED_ONCE", str(killed))
        client.killed = killed
        client.amm.stop()  # it would drop the copies of what was scattered
        yield client


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with two_workers(tmp_path_factory.mktemp("dask")) as client:
        yield client


@pytest.fixture
def doomed_cluster(tmp_path):
    """One for each test: a killed worker comes back late, if at all.

    With only one worker left, joblib does all work in the process that asks for it.
    """
    (tmp_path / "dask").mkdir()
    with two_workers(tmp_path / "dask") as client:
        yield client


@pytest.fixture(params=["threading", "loky", "multiprocessing", "dask"])
def backend(request):
    if request.param == "dask":
        request.getfixturevalue("cluster")
        return parallel_config("dask")
    return parallel_config(request.param, n_jobs=2)


@pytest.fixture
def search():
    return GridSearchCV(tiny(k=None), GRID, cv=3, scoring="neg_mean_absolute_error")


def test_graphs(backend, crystals, monkeypatch):
    monkeypatch.setattr(build, "_TASK_ATOMS", 5)
    expected = StructureGraphTransformer(k=6, cache=None).transform(crystals)
    with backend:
        found = StructureGraphTransformer(k=6, cache=None).transform(crystals)
    assert found == expected


def test_streams(backend, crystals, tmp_path):
    transformer = StructureGraphTransformer(k=6, cache=None)
    with backend:
        found = transformer.transform_to(iter(crystals), tmp_path / "graphs")
    assert found == transformer.transform(crystals)


def test_labels(backend, crystals):
    def labels():
        henry = henry_constant(crystals[:3], spacing=2.0, tolerance=1, cache=None)
        return henry, min_bond_length(crystals, cache=None)

    expected = labels()
    with backend:
        found = labels()
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_descriptors(backend, crystals):
    expected = StructureDescriptors("periodicity", cache=None).fit_transform(crystals)
    with backend:
        found = StructureDescriptors("periodicity", cache=None).fit_transform(crystals)
    np.testing.assert_array_equal(found, expected)


def test_search(backend, search, crystals, y):
    expected = search.fit(crystals, y).cv_results_["mean_test_score"].copy()
    with backend:
        found = search.fit(crystals, y).cv_results_["mean_test_score"]
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_comparison(backend, crystals, y):
    models = {
        "network": make_pipeline(StructureGraphTransformer(k=6), tiny(k=None)),
        "ridge": make_pipeline(StructureDescriptors("periodicity"), Ridge()),
    }
    expected = compare(models, crystals, y, cv=3)
    with backend:
        found = compare(models, crystals, y, cv=3)
    assert found.errors == {}
    for name, table in expected.predictions.items():
        np.testing.assert_allclose(found.predictions[name], table, rtol=1e-6)


@pytest.mark.parametrize("how", ["by itself", "scattered"])
def test_graphs_are_sent_to_each_worker_once(cluster, search, graphs, y, tmp_path, how):
    many = CrystalGraphs.concatenate([graphs] * 5)
    watched = Watched(many.flat(), many.settings).note_arrivals(tmp_path)
    scatter = {"scatter": [watched]} if how == "scattered" else {}
    with parallel_config("dask", **scatter):
        search.fit(watched, np.tile(y, 5))
    workers = {str(worker["pid"]) for worker in cluster.run(_pid).values()}
    arrived = [note.name.split("-")[0] for note in tmp_path.iterdir()]
    arrived = [pid for pid in arrived if pid in workers]
    assert set(arrived) <= workers
    assert len(arrived) == len(set(arrived)) > 0  # 18 fits


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="SIGKILL needs POSIX")
@pytest.mark.parametrize("tool", ["search", "compare"])
@pytest.mark.parametrize("form", ["structures", "graphs", "graphs on disk"])
def test_a_killed_worker_costs_a_retry(
    doomed_cluster, crystals, graphs, y, tmp_path, tool, form
):
    X = crystals if form == "structures" else graphs
    if form == "graphs on disk":
        graphs.save(tmp_path / "graphs")
        X = CrystalGraphs.open(tmp_path / "graphs", mmap_mode="r")
    parameters = tiny(k=None).get_params()
    scatter = {} if form == "graphs on disk" else {"scatter": [X]}
    where = parallel_config("dask", **scatter)

    def scores(network, where):
        with where:
            if tool == "compare":
                found = compare({"network": network}, X, y, cv=5)
                assert found.errors == {}
                return found.scores["mae"].to_numpy()
            return (
                GridSearchCV(network, GRID, cv=3)
                .fit(X, y)
                .cv_results_["mean_test_score"]
            )

    found = scores(KilledOnce(**parameters), where)
    assert doomed_cluster.killed.read_text()  # it did happen
    expected = scores(tiny(k=None), nullcontext())
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def _pid():
    import os

    return {"pid": os.getpid()}
