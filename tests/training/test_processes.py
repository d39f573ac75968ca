"""Two processes train as one does."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from sk_knagcn.training import Processes
from sk_knagcn.training.checkpoints import _restore, _state
from tests.estimators.tiny import tiny
from tests.training.train_together import AGREEING, CASES, fit, fit_classifier

ROOT = Path(__file__).parents[2]
needs_accelerate = pytest.mark.slow


@pytest.fixture(scope="module")
def together(graphs, y, tmp_path_factory):
    """What each of two processes has found."""
    pytest.importorskip("accelerate", reason="needs the extra accelerate")
    if not torch.distributed.is_available():
        pytest.skip("this torch cannot send anything between processes")
    folder = tmp_path_factory.mktemp("together")
    graphs.save(folder / "graphs")
    np.save(folder / "y.npy", y)
    # accelerate's own launcher starts several processes on GPUs, torch's anywhere.
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    launch += ["--nproc_per_node", "2"]
    script = str(Path(__file__).with_name("train_together.py"))
    run = subprocess.run(
        [*launch, script, str(folder)],
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "OMP_NUM_THREADS": "1",
            "ACCELERATE_USE_CPU": "true",
        },
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr[-3_000:]
    return [torch.load(folder / f"{rank}.pt") for rank in range(2)]


@needs_accelerate
@pytest.mark.parametrize("name", CASES)
def test_the_loss_curve_is_that_of_one_process(together, graphs, y, name):
    assert [found["processes"] for found in together] == [2, 2]
    alone = fit(name, graphs, y, "cpu")
    for found in together:
        np.testing.assert_allclose(
            found[name]["history"], alone["history"], rtol=1e-4, atol=1e-6
        )
        torch.testing.assert_close(
            found[name]["prediction"], alone["prediction"], rtol=1e-3, atol=1e-3
        )


@needs_accelerate
@pytest.mark.parametrize("name", [*CASES, *AGREEING])
def test_all_processes_end_with_the_same_weights(together, name):
    first, second = (found[name] for found in together)
    assert first["history"] == second["history"]
    for key, value in first["weights"].items():
        assert torch.equal(value, second["weights"][key]), key


@needs_accelerate
def test_classes(together, graphs, y):
    alone = fit_classifier(graphs, y, "cpu")
    for found in together:
        np.testing.assert_allclose(found["classifier"], alone, rtol=1e-4)


@needs_accelerate
def test_one_checkpoint_serves_all(together):
    (losses, seconds), (others, other_seconds) = (f["checkpoint"] for f in together)
    assert losses == others
    assert len(losses) == 6
    # The records are those that the first process has written.
    assert seconds == other_seconds


def test_dropout_goes_on_with_numbers_of_each_process(graphs, y):
    net = tiny(dropout=0.5, max_epochs=1).fit(graphs, y).net_
    (layer,) = net.dropouts_
    first = None
    for rank in (0, 1):
        net.processes = Processes(1, rank)  # count 1: nobody is there to talk to
        _restore(net, _state(net))
        drawn = torch.rand(4, generator=layer.generator, device=net.device)
        assert first is None or not torch.equal(first, drawn)
        first = drawn


def test_shares_make_up_the_batch(graphs):
    from sk_knagcn.training import GraphDataset, GraphTensors

    rows = GraphDataset(GraphTensors(graphs, "cpu")).rows()
    for count in (1, 2, 3, 20):
        shares = [Processes(count, rank).share(rows) for rank in range(count)]
        assert all(len(share) for share, _ in shares)
        taken = [i for share, counts in shares if counts for i in share.index.tolist()]
        assert sorted(taken) == list(range(len(graphs)))


def test_without_accelerate_the_remedy_is_named(graphs, y, monkeypatch):
    monkeypatch.setitem(sys.modules, "accelerate", None)
    with pytest.raises(ImportError, match=r"pip install 'sk_knagcn\[accelerate\]'"):
        tiny(device="accelerate").fit(graphs, y)
