"""What happens between the epochs."""

from __future__ import annotations

import math
from typing import Any

from skorch.callbacks import Callback, LRScheduler
from torch import Tensor
from tqdm.auto import tqdm

from sk_knagcn.training.net import GraphNet, TrainingStopped


def check_callbacks(callbacks: list[Any] | None) -> None:
    """Raise an error for what is no callback, or one that could do nothing.

    Parameters
    ----------
    callbacks : list or None
        Callbacks of skorch, or pairs of a name and one.
    """
    for one in callbacks or ():
        callback = one[1] if isinstance(one, tuple) and len(one) == 2 else one
        if not hasattr(callback, "on_epoch_end") and not isinstance(callback, str):
            raise TypeError(
                f"callbacks must be a list of skorch's callbacks, but it holds {one!r}."
            )
        if isinstance(callback, LRScheduler):
            raise ValueError(
                "an LRScheduler has no effect here: the learning rate follows "
                "schedule. Pass schedule='linear', for instance."
            )


class KeepBest(Callback):
    """Stop when the validation loss improves no more; go back to the best weights.

    Parameters
    ----------
    patience : int
        Epochs without a new best after which training ends.
    """

    def __init__(self, patience: int):
        self.patience = patience

    def on_train_begin(self, net: GraphNet, **kwargs: Any) -> None:
        """Forget the last training."""
        self.best_loss_ = math.inf
        self.best_epoch_ = 0
        self.best_weights_: dict[str, Tensor] = {}

    def on_epoch_end(self, net: GraphNet, **kwargs: Any) -> None:
        """Remember the weights, averaged if there is an average, if they are best."""
        epoch, loss = net.history[-1, ("epoch", "valid_loss")]
        if loss < self.best_loss_:
            # Plain numbers: a checkpoint holds nothing else.
            self.best_loss_, self.best_epoch_ = float(loss), int(epoch)
            with net.average_.applied():
                self.best_weights_ = {
                    name: value.detach().cpu().clone()
                    for name, value in net.module_.state_dict().items()
                }
        elif epoch - self.best_epoch_ >= self.patience:
            raise TrainingStopped

    def on_train_end(self, net: GraphNet, **kwargs: Any) -> None:
        """Go back to the best weights."""
        if self.best_weights_:
            net.module_.load_state_dict(self.best_weights_)
            net.average_.average = None
            self.best_weights_ = {}


class ProgressBar(Callback):
    """A bar over the epochs, with the losses and the time left."""

    def on_train_begin(self, net: GraphNet, **kwargs: Any) -> None:
        """Show the bar."""
        self.bar_ = tqdm(
            total=net.max_epochs, initial=net.resumed_epochs_, unit="epoch", leave=True
        )

    def on_epoch_end(self, net: GraphNet, **kwargs: Any) -> None:
        """Move it on."""
        last = net.history[-1]
        losses = {
            name: f"{last[f'{name}_loss']:.4f}"
            for name in ("train", "valid")
            if f"{name}_loss" in last
        }
        self.bar_.set_postfix(losses, refresh=False)
        self.bar_.update()

    def on_train_end(self, net: GraphNet, **kwargs: Any) -> None:
        """Leave it as it is."""
        self.bar_.close()
        del self.bar_  # it cannot be pickled
