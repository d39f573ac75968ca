"""Trains in child processes and kills them at random; run by test_checkpoints.py.

The child is forked from this process, which has imported everything and computed
nothing, so that a new start costs no time.
"""

import os
import random
import signal
import sys
import time
import traceback
from pathlib import Path

import numpy as np
import torch
import torch._dynamo  # the first optimizer asks for it, and it takes seconds
from skorch.callbacks import Callback

from sk_knagcn import CrystalGraphs
from tests.estimators.tiny import tiny

KILLS = 5


class Pause(Callback):
    """Leaves time for being killed."""

    def on_epoch_begin(self, net, **kwargs):
        time.sleep(0.002)


def train(folder, checkpoint, result):
    graphs = CrystalGraphs.open(folder / "graphs")
    y = np.load(folder / "y.npy")
    model = tiny(
        max_epochs=60,
        dropout=0.2,
        schedule="onecycle",
        averaging=0.9,
        early_stopping=True,
        validation_fraction=0.3,
        patience=60,
        checkpoint=checkpoint,
        callbacks=[Pause()],
    ).fit(graphs, y)
    outcome = {
        "weights": model.net_.module_.state_dict(),
        "epochs": model.history_.index.tolist(),
        "losses": model.history_["train_loss"].tolist(),
        "valid": model.history_["valid_loss"].tolist(),
    }
    torch.save(outcome, result)


def start(*args):
    child = os.fork()
    if child == 0:
        code = 1
        try:
            torch.set_num_threads(1)
            train(*args)
            code = 0
        except Exception:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)
    return child


def state_of(checkpoint):
    return {f: f.stat().st_mtime_ns for f in checkpoint.glob("*.checkpoint")}


def main(folder, seed):
    rng = random.Random(seed)
    checkpoint = folder / "checkpoints"
    _, status = os.waitpid(start(folder, None, folder / "undisturbed.pt"), 0)
    assert status == 0
    for _ in range(KILLS):
        before = state_of(checkpoint)
        child = start(folder, checkpoint, folder / "disturbed.pt")
        while state_of(checkpoint) == before:  # an epoch has to end now and then
            time.sleep(0.001)
            assert os.waitpid(child, os.WNOHANG) == (0, 0)
        time.sleep(rng.uniform(0, 0.06))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        assert os.WTERMSIG(status) == signal.SIGKILL, "it was over before it was killed"
    assert not (folder / "disturbed.pt").exists()
    _, status = os.waitpid(start(folder, checkpoint, folder / "disturbed.pt"), 0)
    assert status == 0


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
