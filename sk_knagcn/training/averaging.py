"""The mean of the weights over the last steps of training."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

_SHARE = 9  # of n steps the last n / 9 make the average, as long as those are few


class WeightAverage:
    """An exponential moving average of a module's parameters.

    Of the first steps less is kept than of later ones, so that a short training does
    not end with what it began to average.

    Parameters
    ----------
    module : Module
        The module in training. Its buffers (running statistics) are left as they are.
    decay : float
        Share of the old average that a step keeps at most.
    """

    def __init__(self, module: nn.Module, decay: float):
        self.decay = decay
        self._parameters: list[Tensor] = [
            p for p in module.parameters() if p.requires_grad
        ]
        self.average: list[Tensor] | None = None

    @torch.no_grad()
    def update(self, n: int) -> None:
        """Take a step into account, the nth to be averaged."""
        if self.average is None:
            self.average = [p.detach().clone() for p in self._parameters]
            return
        kept = min(self.decay, n / (n + _SHARE))
        torch._foreach_lerp_(self.average, self._parameters, 1 - kept)

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Within this context the module has the average for its parameters."""
        self.swap()
        try:
            yield
        finally:
            self.swap()

    @torch.no_grad()
    def swap(self) -> None:
        """Exchange the parameters with their average."""
        if self.average is not None:
            for parameter, average in zip(self._parameters, self.average, strict=True):
                kept = parameter.clone()
                parameter.copy_(average)
                average.copy_(kept)
