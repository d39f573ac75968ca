"""A folder of CIF files with a table of targets, CGCNN's layout among others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from sklearn.utils import Bunch

from sk_knagcn.datasets.cif_files import Refusal, read_cifs
from sk_knagcn.datasets.classes import as_classes
from sk_knagcn.datasets.target_table import TargetTable, is_cif, read_target_table
from sk_knagcn.labels.overlap import describe_overlap
from sk_knagcn.structures import check_structures

if TYPE_CHECKING:
    from pymatgen.core import Structure

_CGCNN = "id_prop.csv"


def load_cif_folder(
    path: str | Path,
    targets: str | Path | Literal[False] | None = None,
    *,
    columns: str | Sequence[str] | None = None,
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
        one (CGCNN's layout) they have numbers: it is a header if it begins with "name",
        "id" or the like, or names the columns asked for, or has words that do not
        occur below. An empty field is a missing target. By default ``id_prop.csv`` of
        the folder, if it is there; False for none at all.
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

    if isinstance(columns, str):
        columns = [columns]
    folder = Path(path)
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder} is not a folder of CIF files.")
    files = list_cif_files(folder)
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
    names = list(paths)
    table: TargetTable | None = None
    if targets is None and columns is not None:
        raise ValueError(
            f"there is no table to choose columns from: {folder} has no {_CGCNN}. "
            "Pass targets=."
        )
    if targets is not None and targets is not False:
        if not isinstance(targets, str | PathLike):
            raise TypeError(
                f"targets must be the path of a table, got a {type(targets).__name__}. "
                "Write it to a CSV file, with the names of the files first."
            )
        table = read_target_table(Path(targets), columns, classes, often)
        refused += table.refused
        known = table.rows.keys() | {one.name for one in refused}
        refused += [
            Refusal(name, f"has no target in {Path(targets).name}")
            for name in names
            if name not in known
        ]
        names = [name for name in names if name in table.rows]
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
    names = [name for name, _ in kept]
    y = None
    if table is not None:
        rows = [table.rows[name] for name in names]
        if table.classes:
            y = as_classes([value for (value,) in rows], table.names[0])
        else:
            y = np.array(rows)
            y = y[:, 0] if y.shape[1] == 1 else y
    if return_X_y:
        return structures, y
    return Bunch(
        structures=structures,
        target=y,
        target_names=None if table is None else table.names,
        names=names,
        refused=pd.DataFrame(refused, columns=["name", "reason"]),
    )


def _what_is_wrong(structure: Structure) -> str | None:
    """Say why a structure that could be read is none; places half taken may be near."""
    try:
        (crystal,) = check_structures([structure], on_disorder="majority")
    except ValueError as error:
        return str(error).split(") ", 1)[-1]  # its place in a list of one is no news
    return describe_overlap(crystal) if structure.is_ordered else None


def list_cif_files(folder: Path) -> list[Path]:
    """List the CIF files of a folder in their order."""
    return sorted(file for file in folder.iterdir() if is_cif(file.name))
