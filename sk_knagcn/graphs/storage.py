"""Graphs as a folder of plain arrays: .npy files and a .json that describes them."""

import errno
import json
import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sk_knagcn.graphs.checks import check_arrays, check_settings, layout
from sk_knagcn.graphs.columns import Columns, names_of
from sk_knagcn.graphs.graph import GraphSettings

_FORMAT = "sk_knagcn graphs"
_VERSION = 1
_HEADER = "graphs.json"
_LONGEST_HEADER = 2**26
DESCRIPTORS = "descriptors"
# What reading a damaged or foreign folder may come to.
_UNREADABLE = (
    KeyError,
    OSError,
    OverflowError,
    RecursionError,
    TypeError,
    ValueError,
)


def write_folder(
    path: Path,
    arrays: dict[str, NDArray[Any]],
    settings: GraphSettings,
    columns: Columns | None,
    *,
    overwrite: bool,
) -> None:
    """Write into a folder beside the target first, then rename: all or nothing."""
    check_target(path, overwrite=overwrite)
    path.parent.mkdir(parents=True, exist_ok=True)
    if columns is not None:
        arrays = {**arrays, DESCRIPTORS: columns.values}
    scratch = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
    try:
        for name, array in arrays.items():
            _save(scratch / f"{name}.npy", array)
        write_header(scratch, settings, names_of(columns))
        put_in_place(scratch, path)
    except OSError as error:
        raise OSError(
            error.errno or errno.EIO,
            f"the graphs cannot be written: {error}",
            str(path),
        ) from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def check_target(path: Path, *, overwrite: bool) -> None:
    """Raise an error if a folder of graphs must not be put there."""
    if not path.exists():
        return
    if not overwrite:
        raise FileExistsError(
            f"{path} exists already. Choose another name or pass overwrite=True."
        )
    if not (path / _HEADER).is_file():
        raise FileExistsError(
            f"{path} is not a folder of graphs, so it is not replaced. Choose "
            "another name."
        )


def write_header(
    folder: Path, settings: GraphSettings, names: Sequence[str], **more: Any
) -> None:
    """Write the .json that makes arrays in a folder graphs."""
    header = {"format": _FORMAT, "version": _VERSION, "settings": asdict(settings)}
    if names:
        header[DESCRIPTORS] = list(names)
    text = json.dumps(header | more, indent=1) + "\n"
    (folder / _HEADER).write_text(text)


def put_in_place(scratch: Path, path: Path) -> None:
    """Give a complete folder its name, and the permissions that folders usually get."""
    scratch.chmod(0o777 & ~_umask())
    if path.exists():  # a kill between the two moves leaves both folders whole
        kept = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
        replaced = path.rename(kept / path.name)
        scratch.rename(path)
        shutil.rmtree(replaced.parent, ignore_errors=True)
    else:
        scratch.rename(path)


def _save(file: Path, array: NDArray[Any]) -> None:
    """Write an array, and see that it is there: numpy overlooks a disk that is full."""
    np.save(file, array, allow_pickle=False)
    if file.stat().st_size < array.nbytes:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _umask() -> int:
    """Temporary folders are private; the finished one gets the usual permissions."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def read_folder(
    path: Path, mmap_mode: Literal["r", "c"] | None
) -> tuple[dict[str, NDArray[Any]], GraphSettings, Columns | None]:
    """Read and check what `write_folder` wrote."""
    if mmap_mode not in (None, "r", "c"):  # others would write into the files
        raise ValueError(f"mmap_mode must be None, 'r' or 'c', got {mmap_mode!r}.")
    if not (path / _HEADER).is_file():
        left = sorted(path.parent.glob(f".{path.name}-*/{_HEADER}"))
        remedy = f" A process that was killed left {left[0].parent}." if left else ""
        raise FileNotFoundError(
            f"{path} is not a folder of graphs: no {_HEADER} in it.{remedy}"
        )
    try:
        if (path / _HEADER).stat().st_size > _LONGEST_HEADER:
            raise ValueError(f"its {_HEADER} is larger than {_LONGEST_HEADER} bytes")
        header = json.loads((path / _HEADER).read_text())
        if header["format"] != _FORMAT:
            raise ValueError(f"format is {header['format']!r}")
        if header["version"] != _VERSION:
            raise ValueError(
                f"it has version {header['version']} of the format, this program reads "
                f"version {_VERSION}"
            )
        settings = GraphSettings(**header["settings"])
        check_settings(settings)
        arrays = {
            name: _load(path / f"{name}.npy", mmap_mode) for name in layout(settings)
        }
        check_arrays(arrays, settings, thorough=mmap_mode is None)
        columns = _read_columns(path, header, len(arrays["start"]) - 1)
    except _UNREADABLE as error:
        raise ValueError(
            f"{path} cannot be read as graphs: {error}. Build and save them again."
        ) from error
    return arrays, settings, columns


def _read_columns(path: Path, header: Any, n_structures: int) -> Columns | None:
    """The descriptors, if there are any; they are small and always read."""
    if DESCRIPTORS not in header:
        return None
    names, values = header[DESCRIPTORS], _load(path / f"{DESCRIPTORS}.npy", None)
    if not isinstance(names, list) or not all(isinstance(one, str) for one in names):
        raise ValueError(f"the names of the descriptors are {names!r}")
    if values.dtype != np.float64 or values.shape != (n_structures, len(names)):
        raise ValueError(
            f"the descriptors have type {values.dtype} and shape {values.shape}"
        )
    return Columns(tuple(names), values)


def _load(file: Path, mmap_mode: Literal["r", "c"] | None) -> NDArray[Any]:
    """Map first: that refuses objects, and headers that promise more than is there."""
    if not file.is_file():  # a pipe would be waited for
        raise ValueError(f"{file.name} is not there")
    array = np.lib.format.open_memmap(file, mode=mmap_mode or "r")
    return array if mmap_mode else np.array(array)
