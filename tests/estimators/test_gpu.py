"""What only a CUDA device can show."""

import pickle
import subprocess
import sys

import numpy as np
import pytest
import torch
from pymatgen.core import Lattice, Structure

from sk_knagcn import (
    CGCNNRegressor,
    GCN3DRegressor,
    KNAGCNRegressor,
    StructureGraphTransformer,
    load_model,
    save_model,
)

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device"),
]


@pytest.fixture(scope="module")
def graphs():
    rng = np.random.default_rng(0)
    structures = [
        Structure(Lattice.cubic(a), ["Na", "Cl", "O"], rng.random((3, 3)))
        for a in rng.uniform(5, 8, size=40)
    ]
    return StructureGraphTransformer(k=8).transform(structures)


@pytest.fixture(scope="module")
def y(graphs):
    return np.array([graph.distances.mean() for graph in graphs])


def small(cls=KNAGCNRegressor, **changes):
    settings = {"width": 16, "max_epochs": 20, "random_state": 0, "device": "cuda"}
    return cls(**{**settings, **changes})


@pytest.mark.parametrize("cls", [KNAGCNRegressor, CGCNNRegressor, GCN3DRegressor])
def test_learns_what_the_cpu_learns(cls, graphs, y):
    on_gpu = small(cls, precision="float32").fit(graphs, y)
    on_cpu = small(cls, device="cpu").fit(graphs, y)
    spread = abs(y - y.mean()).mean()
    errors = [abs(m.predict(graphs) - y).mean() for m in (on_gpu, on_cpu)]
    assert abs(errors[0] - errors[1]) < 0.2 * spread


@pytest.mark.parametrize("precision", ["tf32", "bfloat16"])
def test_less_exact_products_learn_as_well(precision, graphs, y):
    spread = abs(y - y.mean()).mean()
    before = torch.backends.cuda.matmul.allow_tf32
    model = small(precision=precision, max_epochs=60).fit(graphs, y)
    assert abs(model.predict(graphs) - y).mean() < 0.7 * spread
    assert torch.backends.cuda.matmul.allow_tf32 == before


def test_auto_takes_the_gpu(graphs, y):
    model = small(device="auto", max_epochs=1).fit(graphs, y)
    assert next(model.net_.module_.parameters()).is_cuda


def test_a_saved_model_predicts_the_same_on_the_cpu(graphs, y, tmp_path):
    model = small(max_epochs=2, precision="float32").fit(graphs, y)
    save_model(model, tmp_path / "model.safetensors")
    again = load_model(tmp_path / "model.safetensors", device="cpu")
    np.testing.assert_allclose(again.predict(graphs), model.predict(graphs), atol=1e-4)


def test_a_pickle_opens_where_there_is_no_gpu(graphs, y, tmp_path):
    model = small(max_epochs=2).fit(graphs, y)
    graphs.save(tmp_path / "graphs")
    (tmp_path / "model.pickle").write_bytes(pickle.dumps(model))
    code = (
        "import pickle, sys\n"
        "from sk_knagcn import CrystalGraphs\n"
        "model = pickle.load(open(sys.argv[1], 'rb'))\n"
        "print(model.predict(CrystalGraphs.open(sys.argv[2])).shape)\n"
    )
    command = [sys.executable, "-c", code, "model.pickle", "graphs"]
    found = subprocess.run(
        command,
        cwd=tmp_path,
        env={"CUDA_VISIBLE_DEVICES": "", "PATH": ""},
        capture_output=True,
        text=True,
    )
    assert found.returncode == 0, found.stderr
    assert found.stdout.strip() == "(40,)"


def test_graphs_too_large_for_the_gpu_stay_with_the_host(graphs, y, monkeypatch):
    usual = small(max_epochs=2, precision="float32").fit(graphs, y)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device=None: (0, 0))
    batchwise = small(max_epochs=2, precision="float32").fit(graphs, y)
    np.testing.assert_allclose(
        batchwise.predict(graphs), usual.predict(graphs), atol=1e-4
    )
