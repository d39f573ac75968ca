"""The table of targets that lies beside a folder of CIF files."""

from __future__ import annotations

import csv
import math
import re
from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from sk_knagcn.datasets.cif_files import Refusal
from sk_knagcn.datasets.classes import are_classes, check_names, is_missing

_Field = float | str | None
# What the column of names is usually called.
_CALLED = {
    *("name", "names", "id", "index", "label", "file", "filename", "cif", "cif_id"),
    *("material", "material_id", "mpid", "mp_id", "jid", "refcode", "compound"),
    *("structure", "structure_id", "formula"),
}
# Numbers that are words: 01 is not 1, and floats know 15 digits.
_LOSES_DIGITS = re.compile(r"[+-]?(0\d|\d{16})")


class TargetTable(NamedTuple):
    """Targets by the name of the file they belong to.

    Attributes
    ----------
    rows : dict of str to list
        Of each file: numbers, NaN where one is missing, or its class, None without one.
    names : list of str
        Of the targets.
    classes : bool
        Whether they are classes.
    refused : list of Refusal
        Lines that cannot be used.
    """

    rows: dict[str, list[Any]]
    names: list[str]
    classes: bool
    refused: list[Refusal]


def read_target_table(
    path: Path,
    columns: Sequence[str] | None,
    classes: bool | None,
    files: Collection[str],
) -> TargetTable:
    """Read a table of comma-separated values whose first column names files.

    Parameters
    ----------
    path : Path
        The table.
    columns : sequence of str or None
        Which targets, in this order; None for all.
    classes : bool or None
        Whether they are classes; None to see for oneself.
    files : collection of str
        Names of the files that there are.

    Returns
    -------
    TargetTable
        What is in it.
    """
    lines = _without_empty_columns(_lines(path))
    if not lines or len(lines[0]) < 2:
        first = f" Its first line is {','.join(lines[0])!r}." if lines else ""
        raise ValueError(
            f"{path} must have a column of names and one of targets at least, "
            f"separated by commas.{first}"
        )
    width = len(lines[0])
    names = [f"target{i}" for i in range(width - 1)]
    if _is_header(lines, columns, files):
        names = [name.strip() for name in lines.pop(0)[1:]]
    _check_first(lines, names, files, path)
    chosen = _choose(columns, names, path)
    names = [names[i] for i in chosen]
    fields = [
        [line[1 + i].strip() if 1 + i < len(line) else "" for i in chosen]
        for line in lines
    ]
    table = [list(map(_parse, some)) for some in fields]
    by_name = {name: [row[i] for row in table] for i, name in enumerate(names)}
    classes = are_classes(classes, names, by_name, path, "columns")
    if classes and any(
        _is_word(value) or _LOSES_DIGITS.match(text)
        for (text,), (value,) in zip(fields, table, strict=True)
    ):
        # All of them are words then: what looks like a number keeps its digits.
        table = [
            [
                None if is_missing(value) else text
                for text, value in zip(*both, strict=True)
            ]
            for both in zip(fields, table, strict=True)
        ]
    rows: dict[str, list[Any]] = {}
    refused: list[Refusal] = []
    named = [_file_of(line[0], files) for line in lines]
    often = {name for name, n in Counter(named).items() if n > 1}
    refused += [Refusal(name, f"stands in {path.name} twice") for name in sorted(often)]
    for name, line, texts, values in zip(named, lines, fields, table, strict=True):
        if name in often:
            continue
        if name not in files:
            refused.append(Refusal(name, "has a target but no file"))
        elif len(line) != width:
            reason = f"has {len(line)} fields where the first line has {width}"
            refused.append(Refusal(name, reason))
        elif classes:
            rows[name] = values
        elif any(map(_is_word, values)):
            refused.append(Refusal(name, f"has targets that are no numbers: {texts}"))
        else:
            rows[name] = [math.nan if value is None else value for value in values]
    return TargetTable(rows, names, classes, refused)


def _lines(path: Path) -> list[list[str]]:
    """The fields of all lines that are not empty."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            return [line for line in csv.reader(file) if any(line)]
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(
            f"{path} is no table of comma-separated values in UTF-8: {error}. Save it "
            "as CSV (UTF-8)."
        ) from error


def _without_empty_columns(lines: list[list[str]]) -> list[list[str]]:
    """Lines without the columns at their ends in which nothing stands at all.

    Spreadsheets write such columns where something was once.
    """
    width = max((len(line) for line in lines), default=0)
    while width and not any(
        line[width - 1].strip() for line in lines if len(line) >= width
    ):
        width -= 1
    return [line[:width] for line in lines]


def _is_header(
    lines: list[list[str]], columns: Sequence[str] | None, files: Collection[str]
) -> bool:
    """Whether the first line names the columns."""
    first, *others = ([field.strip() for field in line] for line in lines)
    if _file_of(first[0], files) in files:  # words beside it are classes
        return False
    if first[0].lower() in _CALLED or set(columns or ()) & set(first[1:]):
        return True
    if not any(map(_is_word, map(_parse, first[1:]))):
        return False
    # What stands further down as well is a class, of a file that is not there.
    return not all(
        any(line[i : i + 1] == [field] for line in others)
        for i, field in enumerate(first[1:], start=1)
    )


def _check_first(
    lines: list[list[str]], names: list[str], files: Collection[str], path: Path
) -> None:
    """Raise an error where another column than the first has the names of files."""
    for i in range(len(names) + 1):
        if any(_file_of(line[i], files) in files for line in lines if i < len(line)):
            if i > 0:
                raise ValueError(
                    f"the column {names[i - 1]!r} of {path} has the names of the files."
                    " Put it first; pandas writes no other before it with index=False."
                )
            return


def _file_of(name: str, files: Collection[str]) -> str:
    """The file that a name stands for, which may be written with its ending."""
    if name in files:
        return name
    name = name.strip()
    return name[: -len(".cif")] if is_cif(name) and name not in files else name


def is_cif(name: str) -> bool:
    """Whether a file's name says that it is a CIF file."""
    return name.lower().endswith(".cif")


def _choose(columns: Sequence[str] | None, names: list[str], path: Path) -> list[int]:
    """The places of the columns that are asked for."""
    asked = names if columns is None else columns
    double = [name for name, n in Counter(names).items() if n > 1 and name in asked]
    if double:
        raise ValueError(
            f"{path} has more than one column {', '.join(map(repr, double))}. Give "
            "each a name of its own."
        )
    if columns is None:
        return list(range(len(names)))
    if not columns:
        raise ValueError("columns names no target. Leave it out for all of them.")
    check_names(columns, "columns")
    unknown = [name for name in columns if name not in names]
    if unknown:
        raise ValueError(
            f"{path} has no target {', '.join(map(repr, unknown))}; it has "
            f"{', '.join(names)}."
        )
    return [names.index(name) for name in columns]


def _parse(field: str) -> _Field:
    """A finite number or a word; None if the field is empty or NaN."""
    field = field.strip()
    try:
        value = float(field)
    except ValueError:
        return field or None
    if "_" in field:  # 4_1 is a screw axis, whatever Python makes of it
        return field
    if math.isinf(value):
        return field
    return None if math.isnan(value) else value


def _is_word(value: _Field) -> bool:
    return isinstance(value, str)
