"""Muon: steps of equal length in all directions of a matrix."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
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
        self.momentum = momentum

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Do one step, after computing the gradients if there is a closure for it."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            # Of one shape at once: many small products cost more than a large one.
            by_shape = defaultdict(list)
            for weight in group["params"]:
                if weight.grad is not None and is_matrix(weight):
                    by_shape[weight.shape].append(weight)
            for weights in by_shape.values():
                self._step_together(weights, group["lr"], group["weight_decay"])
        super().step()
        return loss

    def _step_together(
        self, weights: list[Tensor], lr: float, weight_decay: float
    ) -> None:
        """Step matrices of one shape, and take their gradients away from Adam."""
        gradients = [weight.grad for weight in weights if weight.grad is not None]
        states = [self.state[weight] for weight in weights]
        for weight, state in zip(weights, states, strict=True):
            if not state:  # Adam's names: it looks for a step when states are read
                state["step"] = torch.zeros(())
                state["exp_avg"] = torch.zeros_like(weight)
            weight.grad = None
        momenta = [state["exp_avg"] for state in states]
        torch._foreach_lerp_(momenta, gradients, 1 - self.momentum)
        ahead = torch._foreach_lerp(gradients, momenta, self.momentum)
        rows, columns = weights[0].shape
        steps = orthogonal(torch.stack(ahead)) * (_LENGTH * max(rows, columns) ** 0.5)
        torch._foreach_mul_(weights, 1 - lr * weight_decay)
        torch._foreach_add_(weights, steps.unbind(), alpha=-lr)


def is_matrix(weight: Tensor) -> bool:
    """Whether Muon treats a weight, and not Adam."""
    return weight.ndim == 2 and min(weight.shape) > 1


def orthogonal(matrices: Tensor) -> Tensor:
    """The nearest matrices with singular values of about 1, of matrices (n, r, c)."""
    a, b, c = _COEFFICIENTS
    x = matrices / torch.linalg.matrix_norm(matrices, keepdim=True).clamp_min(1e-7)
    x = x.mT if (is_tall := x.shape[1] > x.shape[2]) else x
    # All rounds work on the small square x x^T; their product then meets x once.
    square = x @ x.mT
    one = torch.eye(square.shape[-1], dtype=x.dtype, device=x.device)
    product = factor = torch.baddbmm(a * one, square, b * one + c * square)
    for _ in range(_ROUNDS - 1):
        square = factor @ square @ factor
        factor = torch.baddbmm(a * one, square, b * one + c * square)
        product = factor @ product
    x = product @ x
    return x.mT if is_tall else x


OPTIMIZERS: dict[str, type[torch.optim.AdamW]] = {
    "muon": Muon,
    "adamw": torch.optim.AdamW,
}
