"""A training that survives being killed."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import torch
from skorch.callbacks import Callback

from sk_knagcn.training.callbacks import KeepBest
from sk_knagcn.training.net import GraphNet


class Checkpoint(Callback):
    """Writes all of a training's state after every epoch, and goes on from there.

    The file is replaced in one stroke: it always holds a finished epoch.

    Parameters
    ----------
    path : Path
        The file.
    """

    def __init__(self, path: Path):
        self.path = path

    def on_train_begin(self, net: GraphNet, **kwargs: Any) -> None:
        """Go on from the last finished epoch, if there is one."""
        if not self.path.exists():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            return
        try:
            # Tensors and plain values only: no code in the file is run.
            state = torch.load(self.path, map_location="cpu", weights_only=True)
            _restore(net, state)
        except (RuntimeError, KeyError, EOFError, pickle.UnpicklingError) as error:
            raise ValueError(
                f"{self.path} is no checkpoint of this training, or is damaged: "
                f"{error}. Delete it to start over."
            ) from error

    def on_epoch_end(self, net: GraphNet, **kwargs: Any) -> None:
        """Write the state."""
        partial = self.path.with_name(f"{self.path.name}.{os.getpid()}.partial")
        try:
            with partial.open("wb") as file:
                torch.save(_state(net), file)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(self.path)
        finally:
            partial.unlink(missing_ok=True)


def _keeper(net: GraphNet) -> KeepBest | None:
    found = (callback for _, callback in net.callbacks_)
    return next((c for c in found if isinstance(c, KeepBest)), None)


def _state(net: GraphNet) -> dict[str, Any]:
    keeper = _keeper(net)
    return {
        "module": net.module_.state_dict(),
        "optimizer": net.optimizer_.state_dict(),
        "average": net.average_.average,
        "generator": net.generator_.get_state(),
        "random": torch.get_rng_state(),
        "random_cuda": torch.cuda.get_rng_state_all(),
        "steps": (net.step_, net.n_steps_),
        "history": net.records(),
        "best": keeper
        and (keeper.best_loss_, keeper.best_epoch_, keeper.best_weights_),
    }


def _restore(net: GraphNet, state: dict[str, Any]) -> None:
    net.module_.load_state_dict(state["module"])
    net.optimizer_.load_state_dict(state["optimizer"])
    if state["average"] is not None:
        net.average_.average = [a.to(net.device) for a in state["average"]]
    net.generator_.set_state(state["generator"])
    torch.set_rng_state(state["random"])
    if state["random_cuda"] and torch.cuda.is_available():
        torch.cuda.set_rng_state_all(state["random_cuda"])
    net.step_, net.n_steps_ = state["steps"]
    net.remember(state["history"])
    net.resumed_epochs_ = len(state["history"])
    keeper = _keeper(net)
    if keeper is not None and state["best"]:
        keeper.best_loss_, keeper.best_epoch_, keeper.best_weights_ = state["best"]
