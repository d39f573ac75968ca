"""A folder of CIF files with a table of targets, CGCNN's layout among others."""

from __future__ import annotations

import csv
import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from sklearn.utils import Bunch

from sk_knagcn.datasets.cif_files import Refusal, read_cifs
from sk_knagcn.datasets.classes import as_classes, check_single
from sk_knagcn.labels.overlap import describe_overlap
from sk_knagcn.structures import check_structures

if TYPE_CHECKING:
    from pymatgen.core import Structure

_CGCNN = "id_prop.csv"


def load_cif_folder(
    path: str | Path,
    targets: str | Path | Literal[False] | None = None,
    *,
    columns: Sequence[str] | None = None,
    classes: bool | None = None,
    n_jobs: int | None = None,
    verbose: int = 0,
    return_X_y: bool = False,
) -> Any:
    """Load all CIF files of a folder, with their targets.

    Nothing is dropped silently: whatever cannot be used, a broken file, one with atoms
    on top of each other, a file without a target or a target without a file, is listed
    in ``refused`` with the reason.

    Parameters
    ----------
    path : str or Path
        The folder; files in folders inside it are not looked at. Names end in ".cif",
        in small or capital letters.
    targets : str, Path or False, default=None
        A table of comma-separated values: the first column names the files, with or
        without ".cif", all others are targets. With a header these have names, without
        one (CGCNN's layout) they have numbers. An empty field is a missing target. By
        default ``id_prop.csv`` of the folder, if it is there; False for none at all.
    columns : sequence of str, default=None
        Which targets of the table, in this order; by default all. Whatever stands in
        the other columns, text for instance, is not looked at.
    classes : bool, default=None
        Whether the target is a class, words or whole numbers, and not a number. By
        default words are: a single target without any number.
    n_jobs : int, default=None
        Processes that read files; as everywhere in scikit-learn.
    verbose : int, default=0
        Show a progress bar if positive.
    return_X_y : bool, default=False
        Give structures and target only.

    Returns
    -------
    Bunch or (list of Structure, ndarray)
        With ``structures``, ``target`` of shape (n,) or (n, n_targets) (None without a
        table; of classes None where one is missing), ``target_names``, ``names`` of the
        files without their ending, and ``refused``, a DataFrame with the columns name
        and reason.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from pymatgen.core import Lattice, Structure
    >>> from sk_knagcn.datasets import load_cif_folder
    >>> salt = Structure.from_spacegroup(
    ...     "Fm-3m", Lattice.cubic(5.64), ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]]
    ... )
    >>> with TemporaryDirectory() as folder:
    ...     _ = salt.to(f"{folder}/salt.cif")
    ...     _ = Path(folder, "broken.cif").write_text("data_nothing")
    ...     _ = Path(folder, "id_prop.csv").write_text("salt,8.5\\nbroken,1.0\\n")
    ...     data = load_cif_folder(folder)
    >>> data.names, data.target.tolist(), data.refused["name"].tolist()
    (['salt'], [8.5], ['broken'])
    """
    import pandas as pd

    folder = Path(path)
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder} is not a folder of CIF files.")
    files = sorted(file for file in folder.iterdir() if _is_cif(file.name))
    if not files:
        raise FileNotFoundError(f"there are no files named *.cif in {folder}.")
    if targets is None and (folder / _CGCNN).is_file():
        targets = folder / _CGCNN
    refused: list[Refusal] = []
    often = Counter(file.stem for file in files)
    refused += [
        Refusal(name, f"is the name of {n} files: leave one of them")
        for name, n in often.items()
        if n > 1
    ]
    paths = {file.stem: file for file in files if often[file.stem] == 1}
    names, rows, target_names = list(paths), None, None
    classified = False
    if targets is None and columns is not None:
        raise ValueError(
            f"there is no table to choose columns from: {folder} has no {_CGCNN}. "
            "Pass targets=."
        )
    if targets:
        rows, target_names, classified = _read_targets(
            Path(targets), columns, classes, set(often), refused
        )
        refused += [
            Refusal(name, f"has no target in {Path(targets).name}")
            for name in names
            if name not in rows and not any(one.name == name for one in refused)
        ]
        names = [name for name in names if name in rows]
    sources = [paths[name] for name in names]
    read = read_cifs(names, sources, n_jobs, verbose)
    kept: list[tuple[str, Structure]] = []
    for name, one in zip(names, read, strict=True):
        if isinstance(one, Refusal):
            refused.append(one)
        elif reason := _what_is_wrong(one):
            refused.append(Refusal(name, reason))
        else:
            kept.append((name, one))
    if not kept:
        raise ValueError(
            f"nothing in {folder} can be used. The first of {len(refused)} reasons: "
            f"{refused[0].name} {refused[0].reason}."
        )
    structures = [structure for _, structure in kept]
    y = None
    if classified and rows is not None and target_names is not None:
        y = as_classes([rows[name][0] for name, _ in kept], target_names[0])
    elif rows is not None:
        y = np.array([rows[name] for name, _ in kept])
        y = y[:, 0] if y.shape[1] == 1 else y
    if return_X_y:
        return structures, y
    return Bunch(
        structures=structures,
        target=y,
        target_names=target_names,
        names=[name for name, _ in kept],
        refused=pd.DataFrame(refused, columns=["name", "reason"]),
    )


def _is_cif(name: str) -> bool:
    return name.lower().endswith(".cif")


def _what_is_wrong(structure: Structure) -> str | None:
    """Say why a structure that could be read is none; places half taken may be near."""
    try:
        (crystal,) = check_structures([structure], on_disorder="majority")
    except ValueError as error:
        return str(error).split(") ", 1)[-1]  # its place in a list of one is no news
    return describe_overlap(crystal) if structure.is_ordered else None


def _read_targets(
    path: Path,
    columns: Sequence[str] | None,
    classes: bool | None,
    files: set[str],
    refused: list[Refusal],
) -> tuple[dict[str, list[Any]], list[str], bool]:
    """Targets of each file; what is wrong with others goes to the refusals."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        lines = [line for line in csv.reader(file) if any(line)]
    if not lines or len(lines[0]) < 2:
        raise ValueError(
            f"{path} must have a column of names and one of targets at least."
        )
    width = len(lines[0])
    target_names = [f"target{i}" for i in range(width - 1)]
    # Words beside the name of a file are classes, and no names of columns.
    first = _stem(lines[0][0])
    if first not in files and any(_number(field) is None for field in lines[0][1:]):
        target_names = [name.strip() for name in lines.pop(0)[1:]]
    chosen = _choose(columns, target_names, path)
    worded = [i for i in chosen if _holds_words_only(_column(lines, i + 1))]
    if classes is None:
        classes = len(chosen) == len(worded) == 1
    if classes:
        check_single([target_names[i] for i in chosen], "columns")
    elif worded:
        raise ValueError(
            f"no field of the column {target_names[worded[0]]!r} of {path} is a "
            "number. Choose the targets with columns=."
        )
    whole = [_column(lines, i + 1) for i in chosen]
    numbers = not classes or all(_number(field) is not None for field in whole[0])
    rows: dict[str, list[Any]] = {}
    named = [_stem(line[0]) for line in lines]
    often = {name for name, n in Counter(named).items() if n > 1}
    refused += [Refusal(name, f"stands in {path.name} twice") for name in sorted(often)]
    for name, line in zip(named, lines, strict=True):
        if name in often:
            continue
        if name not in files:
            refused.append(Refusal(name, "has a target but no file"))
            continue
        if len(line) != width:
            refused.append(
                Refusal(
                    name, f"has {len(line)} fields where the first line has {width}"
                )
            )
            continue
        fields = [line[1 + i] for i in chosen]
        values = [_number(field) for field in fields]
        if classes:
            missing = not fields[0].strip()
            value = values[0] if numbers else fields[0].strip()
            rows[name] = [None if missing else value]
        elif None in values:
            refused.append(Refusal(name, f"has targets that are no numbers: {fields}"))
        else:
            rows[name] = values
    return rows, [target_names[i] for i in chosen], classes


def _choose(columns: Sequence[str] | None, names: list[str], path: Path) -> list[int]:
    """The places of the columns that are asked for."""
    if columns is None:
        return list(range(len(names)))
    unknown = [name for name in columns if name not in names]
    if unknown:
        raise ValueError(
            f"{path} has no target {', '.join(map(repr, unknown))}; it has "
            f"{', '.join(names)}."
        )
    return [names.index(name) for name in columns]


def _column(lines: Sequence[Sequence[str]], i: int) -> list[str]:
    """The fields of a column, in all lines that have it."""
    return [line[i] for line in lines if len(line) > i]


def _stem(name: str) -> str:
    """The name of a file without its ending."""
    name = name.strip()
    return name[: -len(".cif")] if _is_cif(name) else name


def _holds_words_only(fields: Sequence[str]) -> bool:
    """Whether there is no number among those that are not empty."""
    return all(_number(field) is None for field in fields if field.strip()) and any(
        field.strip() for field in fields
    )


def _number(field: str) -> float | None:
    """The number in a field, NaN for an empty one; None if it holds anything else."""
    if not field.strip():
        return math.nan
    try:
        value = float(field)
    except ValueError:
        return None
    return None if math.isinf(value) else value
