"""The arrays of many graphs end to end, and how rows are gathered from them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sk_knagcn.geometry.environments import Environments
from sk_knagcn.graphs.columns import Columns
from sk_knagcn.graphs.graph import FLAT, CrystalGraph, GraphSettings


@dataclass(frozen=True, slots=True, eq=False)
class GraphBlocks:
    """The arrays of all graphs end to end.

    Stored atoms of graph g are ``start[g]:start[g + 1]`` of the first four arrays, its
    atoms ``atom_start[g]:atom_start[g + 1]`` of `orbits`. Neighbours and orbits count
    from the first stored atom of their own graph.
    """

    species: NDArray[np.int32]  # (n_stored,)
    neighbors: NDArray[np.int32]  # (n_stored, k)
    coordinates: NDArray[np.floating[Any]]  # (n_stored, k, 3)
    multiplicity: NDArray[np.int32]  # (n_stored,)
    orbits: NDArray[np.int32]  # (n_atoms,)
    start: NDArray[np.int64]  # (n_graphs + 1,)
    atom_start: NDArray[np.int64]  # (n_graphs + 1,)

    @classmethod
    def from_environments(
        cls,
        environments: Environments,
        start: NDArray[np.int64],
        atom_start: NDArray[np.int64],
        settings: GraphSettings,
    ) -> GraphBlocks:
        """Store environments at the precision that the settings ask for."""
        return cls(
            environments.species,
            environments.neighbors,
            environments.coordinates.astype(settings.dtype),
            environments.multiplicity,
            environments.orbits,
            start,
            atom_start,
        )

    @classmethod
    def join_graphs(cls, graphs: Sequence[CrystalGraph]) -> GraphBlocks:
        """Put single graphs end to end."""
        return cls(
            **{
                name: np.concatenate([getattr(g, name) for g in graphs])
                for name in FLAT
            },
            start=_offsets([len(graph.species) for graph in graphs]),
            atom_start=_offsets([len(graph.orbits) for graph in graphs]),
        )

    @classmethod
    def join(cls, parts: Iterable[GraphBlocks]) -> GraphBlocks:
        """Put blocks end to end."""
        parts = list(parts)
        if len(parts) == 1:
            return parts[0]
        return cls(
            **{
                name: np.concatenate([getattr(p, name) for p in parts]) for name in FLAT
            },
            start=_offsets(np.concatenate([np.diff(p.start) for p in parts])),
            atom_start=_offsets(np.concatenate([np.diff(p.atom_start) for p in parts])),
        )

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Name all arrays."""
        names = (*FLAT, "start", "atom_start")
        return {name: getattr(self, name) for name in names}

    def graph(
        self, row: int, settings: GraphSettings, columns: Columns | None = None
    ) -> CrystalGraph:
        """One graph, with the slots that its settings name; a view of the arrays."""
        stored = slice(self.start[row], self.start[row + 1])
        atoms = slice(self.atom_start[row], self.atom_start[row + 1])
        return CrystalGraph(
            settings,
            self.species[stored],
            self.neighbors[stored, : settings.k],
            self.coordinates[stored, : settings.k],
            self.multiplicity[stored],
            self.orbits[atoms],
            columns,
        )

    def select(self, rows: NDArray[np.int64], k: int) -> GraphBlocks:
        """Gather some graphs and the first k slots; itself if that is everything."""
        stored: Any = slice(None)
        atoms: Any = slice(None)
        start, atom_start = self.start, self.atom_start
        n = len(start) - 1
        if len(rows) != n or not np.array_equal(rows, np.arange(n)):
            start, stored = _gather(start, rows)
            atom_start, atoms = _gather(atom_start, rows)
        elif k == self.neighbors.shape[1]:
            return self
        return GraphBlocks(
            self.species[stored],
            self.neighbors[stored, :k],
            self.coordinates[stored, :k],
            self.multiplicity[stored],
            self.orbits[atoms],
            start,
            atom_start,
        )


def _offsets(counts: Any) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])


def _gather(
    start: NDArray[np.int64], rows: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Offsets of the gathered rows, and where their entries lie now."""
    counts = start[rows + 1] - start[rows]  # what is not asked for is not read
    offsets = _offsets(counts)
    entries = np.repeat(start[rows] - offsets[:-1], counts) + np.arange(offsets[-1])
    return offsets, entries
