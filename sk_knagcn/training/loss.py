"""What training makes small."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn
from torch.nn import functional

_LOSSES: dict[str, Any] = {
    "mae": functional.l1_loss,
    "mse": functional.mse_loss,
    "huber": functional.huber_loss,
}


class WeightedLoss(nn.Module):
    """The weighted sum of the losses of all targets that are there.

    Parameters
    ----------
    kind : {"mae", "mse", "huber", "log_loss"}
        Absolute, squared or Huber's error of scaled targets; or the cross-entropy of
        class numbers.
    """

    def __init__(self, kind: str):
        super().__init__()
        self.kind = kind

    def forward(self, outputs: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
        """Loss of outputs (n, t) against targets (n, t) with weights (n, t)."""
        outputs = outputs.float()
        if self.kind == "log_loss":
            losses = functional.cross_entropy(
                outputs, targets[:, 0].long(), reduction="none"
            ).unsqueeze(-1)
        else:
            if outputs.shape != targets.shape:  # broadcasting would train on nonsense
                raise ValueError(
                    f"outputs have shape {tuple(outputs.shape)}, targets "
                    f"{tuple(targets.shape)}."
                )
            losses = _LOSSES[self.kind](outputs, targets, reduction="none")
        return (losses * weights).sum()
