"""How the learning rate changes in the course of training."""

from __future__ import annotations

import math

_WARM_UP = 0.3  # share of the steps in which "onecycle" rises
_START = 0.04  # where it starts, as a share of the largest rate


def learning_rate_factor(schedule: str, step: int, n_steps: int, epoch: int) -> float:
    """Share of the largest learning rate to use in a step.

    Parameters
    ----------
    schedule : {"onecycle", "linear", "step", "constant"}
        Up and down along cosines; down to zero in a straight line; a tenth after every
        50 epochs, as in the k-NAGCN paper; or never.
    step : int
        Steps done before this one.
    n_steps : int
        Steps of the whole training.
    epoch : int
        Epochs done.

    Returns
    -------
    float
        Between 0 and 1.
    """
    if schedule == "constant":
        return 1.0
    if schedule == "step":
        return 0.1 ** (epoch // 50)
    progress = min(1.0, step / max(1, n_steps))
    if schedule == "linear":
        return 1.0 - progress
    if progress < _WARM_UP:
        return _START + (1 - _START) * _half_wave(progress / _WARM_UP)
    return _half_wave((1 - progress) / (1 - _WARM_UP))


def _half_wave(x: float) -> float:
    """A smooth rise from 0 at 0 to 1 at 1."""
    return 0.5 - 0.5 * math.cos(math.pi * x)
