"""A training that survives being killed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from skorch.callbacks import Callback

from sk_knagcn.storage import sweep, write_whole
from sk_knagcn.training.callbacks import KeepBest
from sk_knagcn.training.net import GraphNet
from sk_knagcn.training.states import pack_state, unpack_state

# What a state of another training, or of none, makes of the code that reads it.
_FOREIGN = (AttributeError, LookupError, RuntimeError, TypeError, ValueError)


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
        sweep(self.path)
        if not self.path.exists():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            return
        try:
            _restore(net, unpack_state(self.path.read_bytes()))
        except _FOREIGN as error:
            raise ValueError(
                f"{self.path} is no checkpoint of this training, or is damaged: "
                f"{error}. Delete it to start over."
            ) from error

    def on_epoch_end(self, net: GraphNet, **kwargs: Any) -> None:
        """Write the state, if this is the process that does."""
        self._write(net)

    def on_train_end(self, net: GraphNet, **kwargs: Any) -> None:
        """Remember that a callback has ended the training."""
        if net.is_stopped_:
            self._write(net)

    def _write(self, net: GraphNet) -> None:
        if not net.processes.is_first:
            return
        content = pack_state(_state(net))
        with write_whole(self.path, "checkpoint") as file:
            file.write(content)


def _keeper(net: GraphNet) -> KeepBest | None:
    found = (callback for _, callback in net.callbacks_)
    return next((c for c in found if isinstance(c, KeepBest)), None)


def _draws(net: GraphNet) -> list[torch.Generator]:
    """The sources of randomness of dropout."""
    return [layer.generator for layer in net.dropouts_ if layer.generator is not None]


def _state(net: GraphNet) -> dict[str, Any]:
    keeper = _keeper(net)
    return {
        "module": net.module_.state_dict(),
        "optimizer": net.optimizer_.state_dict(),
        "average": net.average_.average,
        "generator": net.generator_.get_state(),
        "dropouts": [generator.get_state() for generator in _draws(net)],
        "steps": (net.step_, net.n_steps_),
        "stopped": net.is_stopped_,
        "history": net.records(),
        "best": keeper
        and (keeper.best_loss_, keeper.best_epoch_, keeper.best_weights_),
    }


def _restore(net: GraphNet, state: dict[str, Any]) -> None:
    net.module_.load_state_dict(state["module"])
    net.optimizer_.load_state_dict(state["optimizer"])
    if state["average"] is not None:
        net.average_.average = [a.to(net.device) for a in state["average"]]
    net.draw_from_epoch(len(state["history"]))
    net.generator_.set_state(state["generator"])
    if net.processes.is_first:  # it wrote the state; the others draw other numbers
        for generator, drawn in zip(_draws(net), state["dropouts"], strict=True):
            generator.set_state(drawn)
    net.step_, net.n_steps_ = state["steps"]
    net.remember(state["history"])
    # One that a callback has ended is done, whatever the callback would say now.
    is_done = state.get("stopped", False)
    net.resumed_epochs_ = net.max_epochs if is_done else len(state["history"])
    keeper = _keeper(net)
    if keeper is not None and state["best"]:
        keeper.best_loss_, keeper.best_epoch_, keeper.best_weights_ = state["best"]
