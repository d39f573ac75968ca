"""A folder of graphs that grows part by part, and goes on growing after a kill."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from sk_knagcn.graphs.checks import layout
from sk_knagcn.graphs.columns import names_of
from sk_knagcn.graphs.container import CrystalGraphs
from sk_knagcn.graphs.graph import GraphSettings
from sk_knagcn.graphs.storage import (
    DESCRIPTORS,
    check_target,
    put_in_place,
    write_header,
)

_PROGRESS = "progress.jsonl"


@dataclass(frozen=True, slots=True)
class Part:
    """What is on disk for certain, after one more part of a stream was written.

    Parameters
    ----------
    structures : int
        How many of the stream this part took.
    digest : str
        Digest of them.
    refused : dict of str to str
        What was wrong with those that are left out, by their place in the stream.
    rows : dict of str to int
        How long each array is now.
    names : list of str
        What the descriptors are called.
    """

    structures: int
    digest: str
    refused: dict[str, str]
    rows: dict[str, int]
    names: list[str]


class GrowingFolder:
    """Arrays beside the target that parts are appended to; moved there when complete.

    A line in a small file says after each part how long the arrays are. Whatever a
    killed process wrote after the last line is cut off.

    Parameters
    ----------
    path : Path
        The folder to be.
    settings : GraphSettings
        What the graphs are made with.
    identity : str
        What else they depend on, besides the structures.
    overwrite : bool
        Whether a folder of graphs that is there may be replaced.

    Attributes
    ----------
    parts : list of Part
        What earlier runs have written.
    """

    def __init__(
        self, path: Path, settings: GraphSettings, identity: str, *, overwrite: bool
    ) -> None:
        check_target(path, overwrite=overwrite)
        self.path, self.settings = path, settings
        self.folder = path.with_name(f"{path.name}.partial")
        self.parts: list[Part] = []
        self._made_with = {**asdict(settings), "identity": identity}
        self._open = ExitStack()
        self._arrays: dict[str, _GrowingArray] = {}

    def __enter__(self) -> GrowingFolder:
        """Open what is there, or begin."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with ExitStack() as opened:
            file = (self.folder / _PROGRESS).open("a+b", buffering=0)
            self._progress = opened.enter_context(file)
            self.parts = self._read_progress()
            self._open = opened.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the files; nothing is worth keeping where nothing was finished."""
        self._open.close()
        if not any(part.rows for part in self.parts):
            shutil.rmtree(self.folder, ignore_errors=True)

    def _read_progress(self) -> list[Part]:
        """Read the finished parts, and cut off what is not."""
        self._progress.seek(0)
        lines = self._progress.read().splitlines(keepends=True)
        if lines and not lines[-1].endswith(b"\n"):
            self._progress.truncate(sum(map(len, lines[:-1])))
            lines.pop()
        if not lines:
            self._write_line(self._made_with)
            return []
        try:
            before, *parts = map(json.loads, lines)
            found = [Part(**part) for part in parts]
        except (TypeError, ValueError) as error:
            raise self._unusable(f"is damaged ({error})") from error
        if before != self._made_with:
            raise self._unusable(f"was begun with {before}, not {self._made_with}")
        return found

    def _write_line(self, value: Any) -> None:
        self._progress.write(json.dumps(value).encode() + b"\n")
        os.fsync(self._progress.fileno())

    def _unusable(self, reason: str) -> ValueError:
        return ValueError(f"{self.folder} {reason}. Delete it to start over.")

    def check(self, part: Part, structures: int, digest: str) -> None:
        """Raise an error if the stream is not the one that was begun with."""
        if (part.structures, part.digest) != (structures, digest):
            raise self._unusable("was begun with other structures than these")

    def check_descriptors(self, first: CrystalGraphs) -> None:
        """Raise an error unless the first graph has the descriptors that it had.

        What descriptors have learnt shows in them; not in their last digits, which may
        differ from machine to machine.
        """
        now = np.empty(0) if first.columns is None else first.columns.values[0]
        name = f"{DESCRIPTORS}.npy"
        try:
            with (self.folder / name).open("rb") as file:
                np.lib.format.read_magic(file)
                np.lib.format.read_array_header_1_0(file)
                before = np.fromfile(file, np.float64, len(now))
        except (OSError, ValueError) as error:
            raise self._unusable(f"is damaged ({name}: {error})") from error
        if len(before) < len(now):
            raise self._unusable(f"is damaged ({name} is too short)")
        if not np.allclose(before, now, rtol=1e-5, equal_nan=True):
            raise self._unusable("was begun with descriptors that had learnt otherwise")

    def append(
        self,
        graphs: CrystalGraphs | None,
        *,
        structures: int,
        digest: str,
        refused: dict[int, str],
    ) -> None:
        """Add the graphs of a part; None if all of its structures were refused."""
        names: Sequence[str] = self.parts[-1].names if self.parts else []
        if graphs is not None:
            names = names_of(graphs.columns)
            self._grow(graphs)
        rows = {name: array.sync() for name, array in self._arrays.items()}
        if not rows and self.parts:
            rows = self.parts[-1].rows
        reasons = {str(index): reason for index, reason in refused.items()}
        self.parts.append(Part(structures, digest, reasons, rows, list(names)))
        self._write_line(asdict(self.parts[-1]))

    def _grow(self, graphs: CrystalGraphs) -> None:
        arrays = graphs.flat().arrays()
        if graphs.columns is not None:
            arrays[DESCRIPTORS] = graphs.columns.values
        if not self._arrays:
            self._open_arrays(arrays)
        for name, of in (("start", "species"), ("atom_start", "orbits")):
            begun = bool(len(self._arrays[name]))
            arrays[name] = len(self._arrays[of]) + arrays[name][int(begun) :]
        for name, array in self._arrays.items():
            array.append(arrays[name])

    def _open_arrays(self, arrays: dict[str, NDArray[Any]]) -> None:
        types = layout(self.settings)
        if DESCRIPTORS in arrays:
            types[DESCRIPTORS] = np.dtype("float64"), arrays[DESCRIPTORS].shape[1:]
        rows = self.parts[-1].rows if self.parts else {}
        for name, (dtype, shape) in types.items():
            array = _GrowingArray(self.folder / f"{name}.npy", dtype, shape)
            self._open.enter_context(array.file)
            self._arrays[name] = array
            if not array.cut(rows.get(name, 0)):
                raise self._unusable(f"is damaged ({name}.npy is too short)")

    def finish(self) -> dict[int, str]:
        """Move the folder into its place; say what was refused."""
        rows = self.parts[-1].rows if self.parts else {}
        if not rows:
            why = first_reason(self.parts[0].refused) if self.parts else "there is none"
            raise ValueError(f"no structure of X can be used: {why}.")
        if not self._arrays:  # all parts were written by an earlier run
            names = self.parts[-1].names
            self._open_arrays({DESCRIPTORS: np.empty((0, len(names)))} if names else {})
        for array in self._arrays.values():
            array.finish()
        self._open.close()
        refused: dict[str, str] = {}
        for part in self.parts:
            refused |= part.refused
        more = {"refused": refused} if refused else {}
        write_header(self.folder, self.settings, self.parts[-1].names, **more)
        put_in_place(self.folder, self.path)
        (self.path / _PROGRESS).unlink()  # last: until then all can be done again
        return {int(index): reason for index, reason in refused.items()}


def first_reason(refused: dict[str, str]) -> str:
    """Tell what is wrong with the first of the structures that were left out.

    Parameters
    ----------
    refused : dict of str to str
        Reasons by places; at least one.

    Returns
    -------
    str
        The reason, without its full stop.
    """
    return next(iter(refused.values())).rstrip(".")


class _GrowingArray:
    """One .npy file that rows are appended to.

    numpy leaves room in the header of such a file, so that the number of rows in it can
    be put right at the end.
    """

    def __init__(self, path: Path, dtype: np.dtype[Any], shape: tuple[int, ...]):
        self.file: IO[bytes] = path.open("r+b" if path.exists() else "w+b")
        self._dtype, self._shape = dtype, shape
        self._rows = 0
        self._write_header()
        self._begin = self.file.tell()

    def __len__(self) -> int:
        return self._rows

    def _write_header(self) -> None:
        header = {
            "shape": (self._rows, *self._shape),
            "fortran_order": False,
            "descr": np.lib.format.dtype_to_descr(self._dtype),
        }
        self.file.seek(0)
        np.lib.format.write_array_header_1_0(self.file, header)

    def cut(self, rows: int) -> bool:
        """Leave so many rows; False if there are fewer."""
        size = int(self._dtype.itemsize * np.prod(self._shape, dtype=np.int64))
        end = self._begin + rows * size
        if self.file.seek(0, os.SEEK_END) < end:
            return False
        self.file.truncate(end)
        self.file.seek(end)
        self._rows = rows
        return True

    def append(self, array: NDArray[Any]) -> None:
        self.file.write(np.ascontiguousarray(array, dtype=self._dtype).data)
        self._rows += len(array)

    def sync(self) -> int:
        """Make sure that everything is on the disk; count the rows."""
        self.file.flush()
        os.fsync(self.file.fileno())
        return self._rows

    def finish(self) -> None:
        self._write_header()
        self.sync()
