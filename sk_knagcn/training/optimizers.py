"""What makes steps of gradients."""

from __future__ import annotations

import torch

from sk_knagcn.training.muon import Muon

OPTIMIZERS: dict[str, type[torch.optim.AdamW]] = {
    "adamw": torch.optim.AdamW,
    "muon": Muon,
}
# From here on Muon predicted unseen structures better; with fewer it depended on
# the property. See docs/benchmarks.md, Optimizers.
MUON_FROM = 2_000


def resolve_optimizer(optimizer: str, n_structures: int) -> type[torch.optim.AdamW]:
    """Get the optimizer that a name stands for.

    Parameters
    ----------
    optimizer : {"auto", "adamw", "muon"}
        "auto" is "muon" from 2,000 structures on.
    n_structures : int
        How many structures are learnt from.

    Returns
    -------
    type
        The class of the optimizer.
    """
    if optimizer == "auto":
        optimizer = "muon" if n_structures >= MUON_FROM else "adamw"
    return OPTIMIZERS[optimizer]
