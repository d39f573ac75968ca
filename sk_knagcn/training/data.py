"""Graphs and their targets on the device, and batches of them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from sk_knagcn.graphs import CrystalGraphs
from sk_knagcn.nn import GraphBatch

# What the graphs may take of a GPU's free memory; training needs the rest.
_SHARE_OF_FREE_MEMORY = 0.4
_STEP = 16  # atoms: of multiples of it oneDNN prepares the fewest kernels


class GraphTensors:
    """The graphs of a fit, moved to the device once if they fit there.

    Sets opened with `mmap_mode` stay on disk, and sets too large for the GPU in the
    memory of the host; batches of them are read and moved one by one.

    Parameters
    ----------
    graphs : CrystalGraphs
        The graphs.
    device : str or torch.device
        Where batches are wanted.
    """

    def __init__(self, graphs: CrystalGraphs, device: str | torch.device):
        self.device = torch.device(device)
        self.graphs = graphs
        self.sizes = torch.as_tensor(graphs.n_stored_atoms)
        self._resident = None
        if not graphs.on_disk and not self._too_large():
            self._resident = _Resident(graphs, self.device)

    def __len__(self) -> int:
        """Count the structures."""
        return len(self.graphs)

    def batch(self, rows: Tensor, descriptors: Tensor | None = None) -> GraphBatch:
        """Gather some graphs, in the order of rows."""
        if self._resident is None:
            part = _Resident(self.graphs[rows.numpy()], self.device)
            return part.batch(torch.arange(len(rows)), descriptors)
        return self._resident.batch(rows, descriptors)

    def _too_large(self) -> bool:
        if self.device.type != "cuda":
            return False
        free, _ = torch.cuda.mem_get_info(self.device)
        return self.graphs.nbytes > _SHARE_OF_FREE_MEMORY * free


class _Resident:
    """Flat tensors on the device."""

    def __init__(self, graphs: CrystalGraphs, device: torch.device):
        flat = graphs.flat()

        def moved(array: NDArray[np.generic]) -> Tensor:
            # Copied only if torch would warn: it has no tensors that are read-only.
            return torch.from_numpy(np.require(array, requirements="W")).to(device)

        self.device = device
        self.start = torch.from_numpy(np.require(flat.start, requirements="W"))
        self.species = moved(flat.species)
        self.neighbors = moved(flat.neighbors)
        self.coordinates = moved(flat.coordinates).float()
        self.multiplicity = moved(flat.multiplicity).float()
        self.has_empty_slots = bool((flat.neighbors < 0).any())

    def batch(self, rows: Tensor, descriptors: Tensor | None) -> GraphBatch:
        # index_select copies whole rows where indexing goes element by element.
        start = self.start.index_select(0, rows)
        sizes = self.start.index_select(0, rows + 1) - start
        ends = sizes.cumsum(0)
        n_atoms = int(ends[-1])
        offsets = ends - sizes
        places = _places(n_atoms)
        structure = torch.repeat_interleave(sizes).index_select(0, places)
        atoms = (start - offsets).index_select(0, structure).add_(places)
        atoms, structure = atoms.to(self.device), structure.to(self.device)
        offsets = offsets.to(self.device).index_select(0, structure)
        neighbors = self.neighbors.index_select(0, atoms).long()
        slot_mask = None
        if self.has_empty_slots:
            slot_mask = neighbors >= 0
            neighbors = neighbors.clamp_min(0)
        multiplicity = self.multiplicity.index_select(0, atoms)
        multiplicity[n_atoms:] = 0
        return GraphBatch(
            species=self.species.index_select(0, atoms).long(),
            neighbors=neighbors.add_(offsets.unsqueeze(-1)),
            coordinates=self.coordinates.index_select(0, atoms),
            slot_mask=slot_mask,
            multiplicity=multiplicity,
            structure=structure,
            sizes=sizes.to(self.device),
            descriptors=None if descriptors is None else descriptors.to(self.device),
        )


def _places(n_atoms: int) -> Tensor:
    """Places of the atoms of a batch, the last one again and again to a round number.

    Libraries prepare themselves for products of matrices size by size, which takes
    longer than many a product, and remember some; sizes should come again. That atom
    counts for nothing.
    """
    step = max(_STEP, 2 ** (n_atoms.bit_length() - 5))  # 1 in 16 more at most
    return torch.arange(-(-n_atoms // step) * step).clamp_(max=n_atoms - 1)


class Rows(Dataset):
    """Some structures of a set: a part for training or validation, or one batch.

    The tensors are gathered only when the network needs them, so that a batch can
    still be cut into pieces that fit the memory.

    Parameters
    ----------
    data : GraphDataset
        The set.
    index : Tensor
        Which of its rows.
    """

    def __init__(self, data: GraphDataset, index: Tensor):
        self.data = data
        self.index = index

    def __len__(self) -> int:
        """Count the structures."""
        return len(self.index)

    def __getitem__(self, index: Tensor) -> Rows:
        """Select among these rows by an integer tensor."""
        return Rows(self.data, self.index[index])

    def graphs(self) -> GraphBatch:
        """Gather the graphs."""
        return self.data.tensors.batch(self.index, self.descriptors())

    def descriptors(self) -> Tensor | None:
        """Columns (n, d) that describe the structures, if there are any."""
        descriptors = self.data.descriptors
        return None if descriptors is None else descriptors[self.index]

    def targets(self) -> tuple[Tensor, Tensor]:
        """Targets (n, t) and their weights (n, t), on the device."""
        device = self.data.tensors.device
        return (
            self.data.targets[self.index].to(device),
            self.data.weights[self.index].to(device),
        )

    def row_weights(self) -> Tensor:
        """How much each row counts for the targets that it has."""
        return self.data.weights[self.index].amax(dim=1)

    def mean_weight(self) -> float:
        """Sum of the weights of all targets, over the number of rows."""
        return float(self.data.weights[self.index].sum(dtype=torch.float64)) / len(self)

    @property
    def sizes(self) -> Tensor:
        """Stored atoms of each structure."""
        return self.data.tensors.sizes[self.index]

    def pieces(self, max_atoms: int) -> list[Rows]:
        """Cut so that no piece has more stored atoms, or is a single structure."""
        sizes = self.sizes
        if int(sizes.sum()) <= max_atoms:
            return [self]
        pieces, first, total = [], 0, 0
        for i, size in enumerate(sizes.tolist()):
            if total and total + size > max_atoms:
                pieces.append(Rows(self.data, self.index[first:i]))
                first, total = i, 0
            total += size
        return [*pieces, Rows(self.data, self.index[first:])]


class GraphDataset:
    """Graphs with their targets, weights and descriptors, row by row.

    Parameters
    ----------
    tensors : GraphTensors
        The graphs.
    targets : Tensor of shape (n, t), optional
        What the network shall give, in its own units; class numbers for a classifier.
    weights : Tensor of shape (n, t), optional
        How much each target counts; 0 where it is missing.
    descriptors : Tensor of shape (n, d), optional
        Columns that describe each structure as a whole.
    """

    def __init__(
        self,
        tensors: GraphTensors,
        targets: Tensor | None = None,
        weights: Tensor | None = None,
        descriptors: Tensor | None = None,
    ):
        self.tensors = tensors
        self.targets = torch.zeros(len(tensors), 1) if targets is None else targets
        self.weights = torch.ones_like(self.targets) if weights is None else weights
        self.descriptors = descriptors

    def rows(self, index: Tensor | None = None) -> Rows:
        """Select rows by an integer tensor; all by default."""
        return Rows(self, torch.arange(len(self.tensors)) if index is None else index)


class Batches:
    """Goes through a dataset in batches of about equal numbers of structures.

    Nothing is dropped and no batch is a last small one: 65 structures at 32 a batch
    are 22, 22 and 21.

    Parameters
    ----------
    rows : Rows
        What to go through.
    batch_size : int
        The largest number of structures in a batch.
    generator : torch.Generator, optional
        Shuffles anew each time; without one the order is that of the rows.
    """

    def __init__(
        self,
        rows: Rows,
        batch_size: int,
        generator: torch.Generator | None = None,
    ):
        self.rows = rows
        self.batch_size = batch_size
        self.generator = generator

    def __len__(self) -> int:
        """Count the batches."""
        return -(-len(self.rows) // self.batch_size)

    def __iter__(self) -> Iterator[Rows]:
        """Yield `Rows`."""
        n = len(self.rows)
        order = torch.arange(n)
        if self.generator is not None:
            order = torch.randperm(n, generator=self.generator)
        for index in torch.tensor_split(order, len(self)):
            yield self.rows[index]
