"""Many graphs in a few flat arrays, indexed the way scikit-learn indexes X."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, overload

import numpy as np
from numpy.typing import NDArray

from sk_knagcn.graphs.blocks import GraphBlocks
from sk_knagcn.graphs.checks import check_from_disk
from sk_knagcn.graphs.columns import Columns, append, names_of, stack
from sk_knagcn.graphs.graph import CrystalGraph, GraphSettings
from sk_knagcn.graphs.joining import common_settings
from sk_knagcn.graphs.keys import read_key
from sk_knagcn.graphs.padding import pad
from sk_knagcn.graphs.sending import folder_of, is_mapped, open_again
from sk_knagcn.graphs.storage import read_folder, write_folder


class CrystalGraphs:
    """Graphs of many structures: a column of X for scikit-learn, tensors for torch.

    Behaves as an array of shape (n, 1): it has a length, can be indexed by integers,
    slices, masks and integer arrays, and every scikit-learn tool that splits, shuffles
    or resamples rows works on it. Indexing copies nothing but row numbers and
    descriptors.

    Made by `StructureGraphTransformer.transform`, `open`, `from_graphs`, `concatenate`.

    Parameters
    ----------
    blocks : GraphBlocks
        The arrays of all graphs end to end.
    settings : GraphSettings
        What the graphs were made with; a smaller `k` than the arrays hold shows the
        nearest k slots only.
    rows : ndarray of int64, optional
        Which graphs of the blocks are shown, in which order; all by default.
    columns : Columns, optional
        Descriptors of the structures shown, a row for each.
    index : object, optional
        What pandas calls the rows: tables keep it, a selection of rows has none.

    Attributes
    ----------
    settings : GraphSettings
        What the graphs were made with.
    columns : Columns or None
        Descriptors of the structures, if they carry any.

    See Also
    --------
    StructureGraphTransformer : Makes these from structures.

    Examples
    --------
    >>> from pymatgen.core import Lattice, Structure
    >>> from sk_knagcn import StructureGraphTransformer
    >>> salt = Structure.from_spacegroup(
    ...     "Fm-3m", Lattice.cubic(5.64), ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]]
    ... )
    >>> iron = Structure(Lattice.cubic(2.87), ["Fe", "Fe"], [[0, 0, 0], [0.5] * 3])
    >>> graphs = StructureGraphTransformer(k=8).fit_transform([salt, iron])
    >>> graphs
    CrystalGraphs(2 structures, 10 atoms (3 stored), k=8, 0.0 MB)
    >>> graphs[[True, False]].n_atoms
    array([8])
    >>> graphs[1].distances.round(3)
    array([[2.485, 2.485, 2.485, 2.485, 2.485, 2.485, 2.485, 2.485]],
          dtype=float32)
    """

    ndim = 2

    def __init__(
        self,
        blocks: GraphBlocks,
        settings: GraphSettings,
        rows: NDArray[np.int64] | None = None,
        columns: Columns | None = None,
        index: Any = None,
    ):
        self._blocks = blocks
        self.settings = settings
        self._rows = np.arange(len(blocks.start) - 1) if rows is None else rows
        self.columns = columns
        self.index = index

    @classmethod
    def from_graphs(cls, graphs: Iterable[CrystalGraph]) -> CrystalGraphs:
        """Join single graphs.

        Parameters
        ----------
        graphs : iterable of CrystalGraph
            At least one; all made with the same settings and descriptors.

        Returns
        -------
        CrystalGraphs
            In the same order.
        """
        graphs = list(graphs)
        settings = common_settings(graphs)
        columns = stack([graph.columns for graph in graphs])
        return cls(GraphBlocks.join_graphs(graphs), settings, columns=columns)

    @classmethod
    def concatenate(cls, parts: Sequence[CrystalGraphs]) -> CrystalGraphs:
        """Put containers end to end.

        Parameters
        ----------
        parts : sequence of CrystalGraphs
            At least one; all made with the same settings and descriptors.

        Returns
        -------
        CrystalGraphs
            The graphs of the first part, then those of the second, and so on.
        """
        settings = common_settings(parts)
        blocks = GraphBlocks.join(part.flat() for part in parts)
        return cls(blocks, settings, columns=append([part.columns for part in parts]))

    # -- what scikit-learn looks at ---------------------------------------------------

    @property
    def shape(self) -> tuple[int, int]:
        """Number of structures, and one: a column."""
        return len(self), 1

    def __len__(self) -> int:
        """Count the structures."""
        return len(self._rows)

    @overload
    def __getitem__(self, key: int | np.integer[Any]) -> CrystalGraph: ...
    @overload
    def __getitem__(self, key: Any) -> CrystalGraphs: ...
    def __getitem__(self, key: Any) -> CrystalGraph | CrystalGraphs:
        """Select rows; an integer gives one graph, anything else a container."""
        key = read_key(key)
        if isinstance(key, int):
            return self._graph(key)
        columns = None if self.columns is None else self.columns[key]
        return CrystalGraphs(self._blocks, self.settings, self._rows[key], columns)

    def __iter__(self) -> Iterator[CrystalGraph]:
        """Go through the graphs one by one."""
        return map(self._graph, range(len(self)))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        """Make the (n, 1) object array of single graphs that some tools insist on."""
        if dtype is not None and np.dtype(dtype) != object:
            raise TypeError(
                f"graphs are no numbers: they cannot become an array of {dtype}. "
                "padded() gives their tensors."
            )
        column = np.empty((len(self), 1), dtype=object)
        for row, graph in enumerate(self):
            column[row, 0] = graph
        return column

    def __eq__(self, other: object) -> bool:
        """Whether settings and all arrays are the same, bit by bit."""
        if not isinstance(other, CrystalGraphs):
            return NotImplemented
        if self.settings != other.settings or len(self) != len(other):
            return False
        ours, its = self.columns, other.columns
        if (ours is None) != (its is None) or (ours and its and not ours.equals(its)):
            return False
        mine, theirs = self.flat().arrays(), other.flat().arrays()
        return all(np.array_equal(mine[name], theirs[name]) for name in mine)

    __hash__ = None  # type: ignore[assignment]  # the arrays can be written to

    def __repr__(self) -> str:
        """Show the sizes, not the arrays."""
        plural = "" if len(self) == 1 else "s"
        n = len(names_of(self.columns))
        described = f", {n} descriptor{'s' * (n > 1)}" if n else ""
        return (
            f"CrystalGraphs({len(self):,} structure{plural}, "
            f"{self.n_atoms.sum():,} atoms "
            f"({self.n_stored_atoms.sum():,} stored), k={self.k}{described}, "
            f"{self.nbytes / 1e6:.1f} MB)"
        )

    # -- sizes and views --------------------------------------------------------------

    @property
    def k(self) -> int:
        """Slots per atom."""
        return self.settings.k

    @property
    def n_atoms(self) -> NDArray[np.int64]:
        """Atoms of each structure, shape (n,)."""
        return np.diff(self._blocks.atom_start)[self._rows]

    @property
    def n_stored_atoms(self) -> NDArray[np.int64]:
        """Atoms stored for each structure, shape (n,): one for each orbit."""
        return np.diff(self._blocks.start)[self._rows]

    @property
    def nbytes(self) -> int:
        """Bytes that the selected graphs take when stored."""
        per_stored = 8 + self.k * (4 + 3 * np.dtype(self.settings.dtype).itemsize)
        stored, atoms = int(self.n_stored_atoms.sum()), int(self.n_atoms.sum())
        per_structure = 16 + 8 * len(names_of(self.columns))
        return stored * per_stored + 4 * atoms + per_structure * len(self) + 16

    @property
    def on_disk(self) -> bool:
        """Whether the arrays are read from files as they are used."""
        return is_mapped(self._blocks)

    def with_columns(self, columns: Columns | None) -> CrystalGraphs:
        """Let the structures carry these descriptors, and no others.

        Parameters
        ----------
        columns : Columns or None
            A row for each structure; None for no descriptors.

        Returns
        -------
        CrystalGraphs
            The same graphs.
        """
        if columns is not None and len(columns.values) != len(self):
            raise ValueError(
                f"there are {len(self)} structures, but {len(columns.values)} rows of "
                "descriptors. Pass one for each structure."
            )
        return CrystalGraphs(
            self._blocks, self.settings, self._rows, columns, self.index
        )

    def with_k(self, k: int) -> CrystalGraphs:
        """Show the nearest k slots only: a view, nothing is copied or computed.

        The elements in the slots and their coordinates are those of graphs built with
        this k. Orbits and the choice among symmetric frames remain those of the larger
        k, which sees more: nothing that a build at this k would tell apart is merged.
        Where symmetry is only near, coordinates are means over fewer frames and may
        differ by a few tie tolerances; where a shell has no clear end, or atoms stand
        in a row, another choice among them is possible.

        Parameters
        ----------
        k : int
            At least 1 and at most the k of these graphs.

        Returns
        -------
        CrystalGraphs
            The same structures with fewer slots.
        """
        if not 1 <= k <= self.k:
            raise ValueError(
                f"k must lie between 1 and {self.k}, the k of these graphs, got {k}. "
                "Build them anew for a larger k."
            )
        settings = replace(self.settings, k=int(k))
        return CrystalGraphs(
            self._blocks, settings, self._rows, self.columns, self.index
        )

    # -- tensors ----------------------------------------------------------------------

    def padded(self) -> dict[str, NDArray[Any]]:
        """Dense tensors of all selected graphs, padded to the largest of them.

        Meant for batches: padding a whole set of unlike sizes can take terabytes.

        Returns
        -------
        dict of ndarray
            With B structures and N stored atoms in the largest of them: ``species``
            (B, N), ``neighbors`` (B, N, k), ``distances`` (B, N, k), ``coordinates``
            (B, N, k, 3), ``multiplicity`` (B, N), ``mask`` (B, N) and ``slot_mask``
            (B, N, k). Masks are True where something is; elsewhere all is zero.
        """
        return pad(self.flat())

    def flat(self) -> GraphBlocks:
        """All selected graphs end to end; the arrays themselves if that is everything.

        Returns
        -------
        GraphBlocks
            Flat arrays, and where each graph begins.
        """
        blocks = self._blocks.select(self._rows, self.k)
        return check_from_disk(blocks) if self.on_disk else blocks

    # -- files ------------------------------------------------------------------------

    def save(self, path: str | Path, *, overwrite: bool = False) -> None:
        """Write the selected graphs to a folder of .npy files and a .json: all or none.

        Parameters
        ----------
        path : str or Path
            The folder to make.
        overwrite : bool, default=False
            Replace a folder of graphs that is already there.
        """
        write_folder(
            Path(path),
            self.flat().arrays(),
            self.settings,
            self.columns,
            overwrite=overwrite,
        )

    @classmethod
    def open(
        cls, path: str | Path, *, mmap_mode: Literal["r", "c"] | None = None
    ) -> CrystalGraphs:
        """Open graphs that `save` wrote. No code from the files is run.

        Parameters
        ----------
        path : str or Path
            The folder.
        mmap_mode : {"r", "c"}, optional
            Leave the arrays on disk and read what is used, as in `numpy.load`. Damage
            inside the arrays is then found when they are used.

        Returns
        -------
        CrystalGraphs
            Equal to what was saved.
        """
        arrays, settings, columns = read_folder(Path(path), mmap_mode)
        return cls(GraphBlocks(**arrays), settings, columns=columns)

    # -- inside -----------------------------------------------------------------------

    def _graph(self, position: int) -> CrystalGraph:
        columns = None if self.columns is None else self.columns[position]
        graph = self._blocks.graph(self._rows[position], self.settings, columns)
        if self.on_disk:
            check_from_disk(GraphBlocks.join_graphs([graph]))
        return graph

    def __sizeof__(self) -> int:
        """Count what is in memory: Dask sends large objects to each worker once."""
        described = 0 if self.columns is None else self.columns.values.nbytes
        own = object.__sizeof__(self) + described
        if "_blocks" not in vars(self) or self.on_disk:
            return own  # small: it is part of each task, and no copy of it can be lost
        arrays = self._blocks.arrays().values()
        return own + self._rows.nbytes + sum(array.nbytes for array in arrays)

    def __getstate__(self) -> dict[str, Any]:
        """Pickle the selected graphs only, if they are a small part of the blocks.

        Most of a set is sent as it is: joblib then shares one copy among workers. Of
        graphs that are read from disk only the path is sent.
        """
        state = dict(vars(self))
        if "_blocks" not in state:  # it came as a path and was not opened
            return state
        folder = folder_of(self._blocks)
        if folder is not None:
            del state["_blocks"]
            return {**state, "_folder": folder}
        if 2 * int(self.n_stored_atoms.sum()) >= len(self._blocks.species):
            return state
        return vars(CrystalGraphs(self.flat(), self.settings, columns=self.columns))

    def __getattr__(self, name: str) -> Any:
        """Open what came as a path when it is first used.

        Not before: it may pass through machines that do not see the folder.
        """
        if name != "_blocks" or "_folder" not in vars(self):
            raise AttributeError(f"CrystalGraphs has no attribute {name!r}")
        self._blocks = open_again(self._folder, self.settings, self._rows)
        return self._blocks
