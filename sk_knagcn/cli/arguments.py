"""Options that have the same name and meaning in several commands."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

PRESETS = ("composition", "periodicity", "pores", "full")
GROUPS = ("formula", "chemical_system", "prototype", "duplicates")
ABOUT_DATA = """\
DATA is a folder of CIF files, or a file of JSON lines: an object with "structure", and
maybe "id" and "targets", in each line."""
ABOUT_TARGETS = """\
The targets of a folder are in a table of comma-separated values: the first column names
the files, the others are numbers or a class. Without --targets it is id_prop.csv in the
folder, so CGCNN's layout works as it is. JSON lines have their targets with them."""


def positive(text: str) -> int:
    """Read a whole number from 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1")
    return int(text)


def add_data(parser: argparse.ArgumentParser) -> None:
    """The structures."""
    parser.add_argument(
        "data", type=Path, metavar="DATA", help="folder of CIFs, or JSON lines"
    )
    parser.add_argument(
        "--on-disorder",
        choices=("raise", "majority"),
        default=None,
        help="refuse structures with disordered sites, or take the commonest element "
        "of each site (default: refuse)",
    )
    parser.add_argument(
        "-j",
        "--jobs",
        type=int,
        default=None,
        metavar="N",
        help="how many to work on at the same time; -1 for all processors",
    )


def add_targets(parser: argparse.ArgumentParser, *, several: bool = False) -> None:
    """What is to be learnt of them."""
    parser.add_argument(
        "--targets",
        type=Path,
        metavar="TABLE.csv",
        help="the table with the targets (default: id_prop.csv in the folder)",
    )
    parser.add_argument(
        "--target",
        action="append",
        metavar="NAME",
        help="which of the targets, if there are several"
        + ("; may be given several times" if several else ""),
    )
    parser.add_argument(
        "--task",
        choices=("regression", "classification"),
        help="learn numbers or classes (default: classes if the target is words or "
        "booleans; whole numbers can be either)",
    )


def add_folds(parser: argparse.ArgumentParser, default: int | None) -> None:
    """The folds of a cross-validation."""
    parser.add_argument(
        "--cv",
        type=int,
        default=default,
        metavar="FOLDS",
        help=f"how many folds (default: {default or 'no cross-validation'})",
    )
    parser.add_argument(
        "--group-by",
        choices=GROUPS,
        help="keep structures that have this in common in one fold",
    )


def add_training(parser: argparse.ArgumentParser) -> None:
    """How networks are trained."""
    parser.add_argument(
        "--epochs",
        type=positive,
        metavar="N",
        help="passes through the data (default: each network's own, mostly 100)",
    )
    parser.add_argument(
        "--seed", type=int, default=0, metavar="N", help="default: %(default)s"
    )


def add_output(
    parser: argparse.ArgumentParser, text: str, *, several: bool = False
) -> None:
    """Where the result goes."""
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        action="append" if several else "store",
        metavar="FILE",
        help=text,
    )
    parser.add_argument(
        "--force", action="store_true", help="replace what --output names"
    )


def add_common(parser: argparse.ArgumentParser) -> None:
    """What every command can do."""
    parser.add_argument(
        "--json",
        action="store_true",
        help="print the result as one JSON object, refused structures included",
    )
    parser.add_argument(
        "--progress",
        action=argparse.BooleanOptionalAction,
        default=sys.stderr.isatty(),
        help="show progress on standard error (default: on a terminal only)",
    )
    parser.add_argument(
        "--debug", action="store_true", help="show where an error comes from"
    )
