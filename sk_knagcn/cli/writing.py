"""Results as files and on standard output."""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


def check_outputs(
    args: argparse.Namespace, paths: Iterable[Path | None], *, folders: bool = False
) -> None:
    """Raise an error before any work if a result could not be kept."""
    for path in paths:
        if path is None:
            continue
        if path.exists() and not args.force:
            raise FileExistsError(f"{path} exists. Pass --force to replace it.")
        if path.exists() and path.is_dir() != folders:
            wrong, right = ("file", "folder") if folders else ("folder", "file")
            raise FileExistsError(
                f"{path} is a {wrong}, where a {right} is to be written. Give that "
                "another name."
            )
        place = path.resolve()
        if not place.parent.is_dir():
            raise NotADirectoryError(
                f"there is no folder {place.parent} to write {place.name} into. Make "
                "it first."
            )


def write_file(path: Path, text: str) -> None:
    """Write a file that is there whole or not at all.

    A link stays a link to it, and a pipe or a device is written to as it is.
    """
    from sk_knagcn.storage import write_whole

    content = text.encode(errors="backslashreplace")  # names that are no text
    if path.exists() and not path.is_file():
        path.write_bytes(content)
        return
    with write_whole(path.resolve(), "result") as file:
        file.write(content)


def give_table(
    args: argparse.Namespace, table: pd.DataFrame, result: Mapping[str, Any]
) -> None:
    """Write a table as CSV, to the file asked for or to standard output.

    With ``--json`` it is printed as the rows of `result`.
    """
    if args.output is not None:
        write_file(args.output, table.to_csv(index=False))
    if args.json:
        give(args, {**result, "rows": table}, "")
    elif args.output is None:
        table.to_csv(sys.stdout, index=False)


def give(args: argparse.Namespace, result: Mapping[str, Any], text: str) -> None:
    """Print a result: as JSON if that is asked for, else as text for people."""
    if args.json:
        text = json.dumps(_plain(result), indent=1, ensure_ascii=False, allow_nan=False)
    print(text)


def _plain(value: Any) -> Any:
    """A result in the types of JSON, which has no NaN."""
    if hasattr(value, "to_dict"):  # a DataFrame
        return _plain(value.to_dict(orient="records"))
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, str | os.PathLike):
        return str(value)
    if hasattr(value, "tolist"):  # of numpy
        return _plain(value.tolist())
    if isinstance(value, Iterable):
        return [_plain(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
