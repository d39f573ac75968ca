"""Muon: steps of equal length in all directions of a matrix."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from torch import Tensor

# (a + b x x^T + c x x^T x x^T) x has the directions of x, and applied a few times it
# brings singular values between 0 and 1 near to 1: fast, not exactly (K. Jordan).
_COEFFICIENTS = (3.4445, -4.7750, 2.0315)
_ROUNDS = 5
# Root mean square of a step's entries over the learning rate: about that of Adam's
# steps, so that both kinds of weights share one rate (Liu et al., arXiv:2502.16982).
_LENGTH = 0.2
_TINY = 1e-14  # squared length below which a gradient counts as none


class Muon(torch.optim.AdamW):
    """Muon for matrices, AdamW for all other weights.

    The momentum of a matrix is turned into the nearest matrix whose singular values
    are all 1: what the gradient shows rarely or weakly is learnt as fast as the rest.
    See https://kellerjordan.github.io/posts/muon.

    Parameters
    ----------
    params : iterable of Tensor
        The weights. Those with two axes are matrices, but for single rows.
    lr : float, default=1e-3
        Learning rate of both kinds.
    weight_decay : float, default=0.01
        Decoupled weight decay of both kinds.
    momentum : float, default=0.95
        Share of the old momentum that a step keeps.
    **kwargs : object
        As for `torch.optim.AdamW`.
    """

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-3,
        weight_decay: float = 0.01,
        momentum: float = 0.95,
        **kwargs: Any,
    ):
        super().__init__(params, lr=lr, weight_decay=weight_decay, **kwargs)
        self.defaults["momentum"] = momentum
        for group in self.param_groups:
            group.setdefault("momentum", momentum)

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Do one step, after computing the gradients if there is a closure for it."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            # Of one shorter side at once: many small products cost more than a few.
            by_side = defaultdict(list)
            for weight in group["params"]:
                if weight.grad is not None and is_matrix(weight):
                    by_side[min(weight.shape)].append(weight)
            for weights in by_side.values():
                self._step_together(weights, group)
        super().step()
        return loss

    def _step_together(self, weights: list[Tensor], group: dict[str, Any]) -> None:
        """Step matrices with one shorter side; take their gradients away from Adam."""
        gradients = [weight.grad for weight in weights if weight.grad is not None]
        states = [self.state[weight] for weight in weights]
        for weight, state in zip(weights, states, strict=True):
            if not state:  # Adam's names: it looks for a step when states are read
                state["step"] = torch.zeros(())
                state["exp_avg"] = torch.zeros_like(weight)
            weight.grad = None
        momenta = [state["exp_avg"] for state in states]
        lr, kept = group["lr"], group["momentum"]
        torch._foreach_lerp_(momenta, gradients, 1 - kept)
        steps = orthogonal(torch._foreach_lerp(gradients, momenta, kept))
        lengths = [-lr * _LENGTH * max(weight.shape) ** 0.5 for weight in weights]
        torch._foreach_mul_(steps, lengths)
        torch._foreach_mul_(weights, 1 - lr * group["weight_decay"])
        torch._foreach_add_(weights, steps)


def is_matrix(weight: Tensor) -> bool:
    """Whether Muon treats a weight, and not Adam."""
    return weight.ndim == 2 and min(weight.shape) > 1


def orthogonal(matrices: Sequence[Tensor]) -> list[Tensor]:
    """The nearest matrices with singular values of about 1.

    The matrices may differ in all but the length of their shorter sides.
    """
    # All rounds work on the small square x x^T; their product then meets x once.
    squares = [x @ x.mT if _is_wide(x) else x.mT @ x for x in matrices]
    square = torch.stack(squares)
    squared_norm = square.diagonal(dim1=1, dim2=2).sum(1).clamp_min_(_TINY)
    square /= squared_norm[:, None, None]
    product = factor = _factor(square)
    for _ in range(_ROUNDS - 1):
        square = torch.bmm(torch.bmm(factor, square), factor)
        factor = _factor(square)
        product = torch.bmm(factor, product)
    product /= squared_norm.sqrt_()[:, None, None]
    return [
        turn @ x if _is_wide(x) else x @ turn
        for x, turn in zip(matrices, product, strict=True)
    ]


def _is_wide(matrix: Tensor) -> bool:
    return matrix.shape[0] <= matrix.shape[1]


def _factor(square: Tensor) -> Tensor:
    """a + b s + c s s."""
    a, b, c = _COEFFICIENTS
    factor = torch.baddbmm(square, square, square, beta=b, alpha=c)
    factor.diagonal(dim1=1, dim2=2).add_(a)
    return factor
