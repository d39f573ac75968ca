"""Files with one structure and its targets a line, as JSON."""

from __future__ import annotations

import gzip
import json
import math
import sys
import zlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from joblib import delayed
from numpy.typing import NDArray
from sklearn.utils import Bunch
from tqdm.auto import tqdm

from sk_knagcn.datasets.classes import (
    are_classes,
    as_classes,
    check_names,
    is_missing,
)
from sk_knagcn.datasets.json_structure import Sites, read_sites
from sk_knagcn.streaming import stream

_GZIP = b"\x1f\x8b"
_TASK_LINES = 64
_KNOWN = {"id", "structure", "targets"}


class _Entry(NamedTuple):
    """A line that could be read."""

    name: str
    line: int
    sites: Sites
    targets: dict[str, Any]
    others: dict[str, Any]


class _Refusal(NamedTuple):
    name: str
    line: int
    reason: str


def load_json_lines(
    path: str | Path,
    *,
    targets: str | Sequence[str] | None = None,
    classes: bool | None = None,
    n_jobs: int | None = None,
    verbose: int = 0,
    return_X_y: bool = False,
) -> Any:
    """Load a file with one structure and its targets a line, as JSON.

    A line is an object with ``structure``, either ``{"lattice": 3 x 3, "species":
    [...], "frac_coords": [...]}`` or what pymatgen's ``Structure.as_dict`` gives, and
    may have an ``id`` and ``targets``, names to numbers. Nothing is dropped silently:
    lines that cannot be used are listed in ``refused`` with the reason.

    Parameters
    ----------
    path : str or Path
        The file, plain or compressed by gzip, whatever its name ends in.
    targets : str or list of str, default=None
        Names of the targets to learn; by default all that any line has.
    classes : bool, default=None
        Whether the target is a class, words, booleans or whole numbers, and not a
        number. By default words and booleans are: a single target without any number.
    n_jobs : int, default=None
        Processes that read lines; as everywhere in scikit-learn.
    verbose : int, default=0
        Show a progress bar if positive.
    return_X_y : bool, default=False
        Give structures and target only.

    Returns
    -------
    Bunch or (list of Structure, ndarray)
        With ``structures``, ``target`` of shape (n,) for a single name and (n,
        n_targets) for a list of them, NaN where a line has none or null (of classes
        None; None as well, if there are no targets at all), ``target_names``,
        ``names``, the id of each structure or its line, ``lines``, their numbers,
        ``others``, a dict with whatever else each line holds, and ``refused``, a
        DataFrame with the columns name, line and reason.

    See Also
    --------
    load_cif_folder : CIF files with a table of targets.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from sk_knagcn.datasets import load_json_lines
    >>> iron = '{"lattice": [[2.87, 0, 0], [0, 2.87, 0], [0, 0, 2.87]], '
    >>> iron += '"species": ["Fe", "Fe"], "frac_coords": [[0, 0, 0], [0.5, 0.5, 0.5]]}'
    >>> line = '{"id": "iron", "structure": ' + iron + ', "targets": {"gap": 0}}'
    >>> with TemporaryDirectory() as folder:
    ...     _ = Path(folder, "two.jsonl").write_text(line + '\\n{"id": "broken"}\\n')
    ...     data = load_json_lines(f"{folder}/two.jsonl")
    >>> data.names, data.target.tolist(), data.target_names
    (['iron'], [0.0], ['gap'])
    >>> print(data.refused.to_string(index=False))
      name  line                                           reason
    broken     2 has no structure: that must be an object in braces
    """
    import pandas as pd

    file = Path(path)
    wanted = [targets] if isinstance(targets, str) else targets
    check_names(wanted or (), "targets")
    entries: list[_Entry] = []
    refused: list[_Refusal] = []
    lines = _lines(file)
    tasks = iter(lambda: list(islice(lines, _TASK_LINES)), [])
    calls = (delayed(_read_some)(task, wanted) for task in tasks)
    with tqdm(desc=file.name, unit="line", disable=not verbose) as bar:
        for some in stream(calls, n_jobs):
            for one in some:
                (refused if isinstance(one, _Refusal) else entries).append(one)
            bar.update(len(some))
    names = _names(entries, wanted)
    values = {name: [one.targets.get(name) for one in entries] for name in names}
    classes = are_classes(classes, names, values, file, "targets")
    if not classes:
        entries = _refuse_words(entries, refused)
    if not entries:
        reason = (
            f"The first of {len(refused)} reasons: line {refused[0].line} "
            f"({refused[0].name}) {refused[0].reason}."
            if refused
            else "It is empty."
        )
        raise ValueError(f"nothing in {file} can be used. {reason}")
    names = _names(entries, wanted)
    absent = [name for name in names if not any(name in e.targets for e in entries)]
    if absent:
        raise ValueError(f"no line of {file} has a target {absent}.")
    if classes and names:
        y = as_classes([entry.targets.get(names[0]) for entry in entries], names[0])
    else:
        y = _tabulate(entries, names)
        if isinstance(targets, str) or (targets is None and len(names) == 1):
            y = y[:, 0]
    structures = [entry.sites.to_structure() for entry in entries]
    if return_X_y:
        return structures, y if names else None
    return Bunch(
        structures=structures,
        target=y if names else None,
        target_names=names,
        names=[entry.name for entry in entries],
        lines=np.array([entry.line for entry in entries]),
        others=[entry.others for entry in entries],
        refused=pd.DataFrame(refused, columns=_Refusal._fields),
    )


def _lines(file: Path) -> Iterator[tuple[int, bytes]]:
    """All lines that are not empty, with their numbers."""
    if not file.is_file():
        if file.exists():
            raise ValueError(f"{file} is no file, and could not be read twice.")
        raise FileNotFoundError(f"there is no file {file}.")
    with file.open("rb") as raw:
        packed = raw.read(len(_GZIP)) == _GZIP
    number = 0
    try:
        with gzip.open(file) if packed else file.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield number, line
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(
            f"{file} is damaged after line {number}: {error}. Fetch or make it anew."
        ) from error


def _read_some(
    lines: Iterable[tuple[int, bytes]], wanted: Sequence[str] | None
) -> list[_Entry | _Refusal]:
    return [_read_one(number, line, wanted) for number, line in lines]


def _read_one(
    number: int, line: bytes, wanted: Sequence[str] | None
) -> _Entry | _Refusal:
    name = f"line {number}"
    try:
        found = json.loads(line)
        if not isinstance(found, dict):
            raise ValueError("is no object in braces")
        name = name if found.get("id") is None else str(found["id"])
        sites = read_sites(found.get("structure"))
        targets = _read_targets(found.get("targets"), wanted)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        return _Refusal(name, number, f"is no JSON: {error}")
    except ValueError as error:
        return _Refusal(name, number, str(error))
    except Exception as error:  # whatever else a file can hold
        return _Refusal(name, number, f"cannot be read: {error!r}")
    others = {key: value for key, value in found.items() if key not in _KNOWN}
    return _Entry(name, number, sites, targets, others)


def _read_targets(found: Any, wanted: Sequence[str] | None) -> dict[str, Any]:
    """The targets of a line, without those that are missing."""
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise ValueError("has targets that are no object in braces, name to number")
    chosen = {k: v for k, v in found.items() if wanted is None or k in wanted}
    wrong = {
        k: v
        for k, v in chosen.items()
        if not (v is None or isinstance(v, int | float | str)) or _is_too_large(v)
    }
    if wrong:
        raise ValueError(f"has targets that are no numbers: {wrong}")
    return {k: v for k, v in chosen.items() if not is_missing(v)}


def _is_too_large(value: Any) -> bool:
    """Whether it is infinite, or a whole number of which a float would be."""
    if isinstance(value, str | None):
        return False
    return abs(value) > sys.float_info.max


def _names(entries: Sequence[_Entry], wanted: Sequence[str] | None) -> list[str]:
    """Names of the targets, in the order of the file."""
    there = dict.fromkeys(name for entry in entries for name in entry.targets)
    return list(there) if wanted is None else list(wanted)


def _refuse_words(entries: Sequence[_Entry], refused: list[_Refusal]) -> list[_Entry]:
    """Entries with numbers only; the others go to the refusals, in order of lines."""
    kept = []
    for entry in entries:
        wrong = {k: v for k, v in entry.targets.items() if isinstance(v, str)}
        if wrong:
            reason = f"has targets that are no numbers: {wrong}"
            refused.append(_Refusal(entry.name, entry.line, reason))
        else:
            kept.append(entry)
    refused.sort(key=lambda one: one.line)
    return kept


def _tabulate(entries: Sequence[_Entry], names: Sequence[str]) -> NDArray[np.float64]:
    """Values of the targets, NaN where a line has none."""
    rows = [[entry.targets.get(name, math.nan) for name in names] for entry in entries]
    return np.array(rows, dtype=np.float64)
