"""The graphs of one step, end to end in a few flat tensors."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor


class GraphBatch(NamedTuple):
    """The stored atoms of several graphs, one after the other.

    Flat, not padded: graphs of unlike size share a batch without wasted work. A is the
    number of stored atoms, B that of structures. Atoms of multiplicity 0 may follow at
    the end, which repeat the last one and make A a number that comes again.
    """

    species: Tensor  # (A,) int64, atomic numbers
    neighbors: Tensor  # (A, k) int64, atoms of this batch; any atom in an empty slot
    coordinates: Tensor  # (A, k, 3), in the frame of the atom; 0 in an empty slot
    slot_mask: Tensor | None  # (A, k) bool; None where no slot is empty
    multiplicity: Tensor  # (A,), how many atoms of the structure each stands for
    structure: Tensor  # (A,) int64, ascending
    sizes: Tensor  # (B,) int64, stored atoms of each structure
    descriptors: Tensor | None = None  # (B, d), columns that describe the whole

    @property
    def n_structures(self) -> int:
        """How many graphs there are."""
        return len(self.sizes)

    @property
    def n_stored_atoms(self) -> int:
        """How many atoms there are, without those that repeat the last one."""
        return int(self.sizes.sum())

    def gather(self, features: Tensor) -> Tensor:
        """Features (A, C) of the neighbours in all slots: (A, k, C)."""
        flat = features.index_select(0, self.neighbors.reshape(-1))
        return flat.view(*self.neighbors.shape, features.shape[-1])

    def fill_empty_slots(self, values: Tensor) -> Tensor:
        """Put zeros into the empty slots of values (A, k, C)."""
        if self.slot_mask is None:
            return values
        return values * self.slot_mask.unsqueeze(-1)

    def sum_over_atoms(self, values: Tensor) -> Tensor:
        """Add values (A, C) up to (B, C), each as often as its atom occurs."""
        weighted = values * self.multiplicity.unsqueeze(-1)
        total = weighted.new_zeros(self.n_structures, values.shape[-1])
        return total.index_add_(0, self.structure, weighted)

    def n_atoms(self) -> Tensor:
        """Atoms of each structure, counted with multiplicity: (B, 1)."""
        total = self.multiplicity.new_zeros(self.n_structures)
        return total.index_add_(0, self.structure, self.multiplicity).unsqueeze(-1)
