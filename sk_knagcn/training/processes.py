"""Several processes that train one network together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from sk_knagcn.training.data import Rows

# Each process draws other numbers for dropout.
_STRIDE = 1_000_003


def launched_state() -> Any:
    """What accelerate knows of this process: its device, its number, the others."""
    from accelerate import PartialState

    return PartialState(cpu=not torch.cuda.is_available())


@dataclass(frozen=True, slots=True)
class Processes:
    """How many processes there are, and which of them this is; alone by default.

    Every process holds all the data and goes through the same batches. It sends its
    share of each through the network; the gradients of all shares are added up, so all
    processes do the same step: the one that a single process does.

    Parameters
    ----------
    count : int
        How many processes train together.
    rank : int
        The number of this one, from 0.
    """

    count: int = 1
    rank: int = 0

    @classmethod
    def launched(cls) -> Processes:
        """Those that accelerate knows of."""
        state = launched_state()
        return cls(int(state.num_processes), int(state.process_index))

    @property
    def is_first(self) -> bool:
        """Whether this one writes and talks."""
        return self.rank == 0

    def seed(self, seed: int) -> int:
        """The seed for what must not be the same in all processes."""
        return seed + _STRIDE * self.rank

    def agree(self, number: int) -> int:
        """Take the number of the first process."""
        if self.count == 1:
            return number
        from accelerate.utils import broadcast_object_list

        return int(broadcast_object_list([number])[0])

    def share(self, batch: Rows) -> tuple[Rows, bool]:
        """The part of a batch that is this one's, and whether it counts.

        Where there are fewer structures than processes, some compute what counts for
        nothing, so that all of them have gradients of the same parameters.
        """
        if self.count == 1:
            return batch, True
        mine = torch.arange(len(batch))[self.rank :: self.count]
        if len(mine):
            return batch[mine], True
        return batch[torch.tensor([0])], False

    def add_up(self, tensors: Sequence[Tensor]) -> None:
        """Put the sums over all processes into the tensors, all in one message."""
        if self.count == 1:
            return
        from accelerate.utils import reduce

        whole = reduce(torch.cat([t.reshape(-1) for t in tensors]), reduction="sum")
        parts = whole.split([t.numel() for t in tensors])
        for tensor, part in zip(tensors, parts, strict=True):
            tensor.copy_(part.view_as(tensor))
