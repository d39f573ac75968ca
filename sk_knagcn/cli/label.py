"""`sk-knagcn label`: properties computed from structures, as a table of targets."""

from __future__ import annotations

import argparse
import re
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from sk_knagcn.cli.arguments import ABOUT_DATA, add_data, add_output
from sk_knagcn.cli.reading import Data, find_refused, read, report
from sk_knagcn.cli.writing import check_outputs, give_table

LABELS = {
    "henry": "Henry's constant of a gas, and its heat of adsorption",
    "pores": "diameters of the largest cavity and of what gets through",
    "surface": "accessible surface",
    "void": "share of the volume that no atom takes up",
    "percolation": "radius of what can travel where a mobile ion was",
    "site": "radius of the largest site of a mobile ion",
    "bond": "shortest bond",
    "distance": "shortest distance between atoms",
}
GASES = ("H2", "He", "N2", "CH4", "Ar", "Kr", "Xe")

SUMMARY = "compute properties from structures: Henry's constants, pores, bonds"
ABOUT = f"""\
{ABOUT_DATA}

LABEL is one or more of
{chr(10).join(f"  {name:12} {text}" for name, text in LABELS.items())}
The table has a row for each structure and says the unit in the name of each column; a
field is empty where there is no such number. It can be the --targets of train."""
EXAMPLES = """\
  sk-knagcn label cifs pores surface void --output pores.csv
  sk-knagcn label cifs henry --gas CH4 --temperature 300 --jobs -1 > henry.csv
  sk-knagcn label cifs henry --output henry.csv
  sk-knagcn train cifs --targets henry.csv --target henry_H2_298K --cv 5"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options."""
    add_data(parser)
    parser.add_argument(
        "labels", nargs="+", choices=LABELS, metavar="LABEL", help="what to compute"
    )
    parser.add_argument("--gas", choices=GASES, default="H2", help="default: H2")
    parser.add_argument(
        "--temperature",
        type=float,
        default=298.15,
        metavar="KELVIN",
        help="of the gas (default: %(default)s)",
    )
    parser.add_argument(
        "--unit",
        choices=("dimensionless", "mol/kg/Pa"),
        default="dimensionless",
        help="of Henry's constant (default: %(default)s)",
    )
    parser.add_argument(
        "--ion", default="Li", metavar="ELEMENT", help="the mobile ion (default: Li)"
    )
    parser.add_argument(
        "--cache",
        metavar="FOLDER",
        help="keep what is computed here, and compute nothing twice",
    )
    add_output(parser, "file for the table (default: standard output)")


def run(args: argparse.Namespace) -> bool:
    """Do what was asked for."""
    import pandas as pd

    check_outputs(args, [args.output])
    data = read(args)
    columns, refused = [], data.reasons()
    for label in dict.fromkeys(args.labels):
        measure = _measures(args)[label]
        reasons: dict[int, str] = {}
        try:
            part = _ask(measure, data, range(len(data)))
        except ValueError as error:
            reasons = find_refused(measure, data.structures)
            usable = [i for i in range(len(data)) if i not in reasons]
            if not usable or not reasons:
                raise ValueError(f"{label}: {error}") from error
            part = _ask(measure, data, usable)
            part = part.set_axis(usable, axis=0).reindex(range(len(data)))
        columns.append(part)
        refused += [
            {"name": data.names[i], "reason": f"({label}) {why}"}
            for i, why in reasons.items()
        ]
    table = data.tabulate(pd.concat(columns, axis=1))
    give_table(args, table, {"refused": refused})
    report(refused)
    return not refused


def _ask(measure: Callable[[Any], Any], data: Data, usable: Sequence[int]) -> Any:
    """Label some of the structures; what is said of one is said with its name."""

    def named(match: re.Match[str]) -> str:
        return data.names[usable[int(match[1])]]

    with warnings.catch_warnings(record=True) as remarks:
        warnings.simplefilter("always")
        part = measure([data.structures[i] for i in usable])
    for remark in remarks:
        text = re.sub(r"\bstructure (\d+)\b", named, str(remark.message))
        warnings.warn(text, remark.category, stacklevel=2)
    return part


def _measures(args: argparse.Namespace) -> dict[str, Callable[[Any], Any]]:
    """What makes a table of columns for each label."""
    from pandas import DataFrame

    from sk_knagcn import labels

    how: dict[str, Any] = {"n_jobs": args.jobs, "verbose": int(args.progress)}
    how["cache"] = args.cache or "memory"

    def single(column: str, label: Any, *values: Any) -> Callable[[Any], Any]:
        return lambda some: DataFrame({column: label(some, *values, **how)})

    def henry(some: Any) -> Any:
        table = labels.henry_constant(
            some,
            args.gas,
            temperature=args.temperature,
            unit=args.unit,
            return_details=True,
            **how,
        )
        return table.drop(columns=["mean_energy_kJ_mol", "n_points"])

    return {
        "henry": henry,
        "pores": lambda some: labels.pore_diameters(some, **how),
        "surface": lambda some: labels.surface_area(some, **how),
        "void": single("void_fraction", labels.void_fraction),
        "percolation": single(
            f"percolation_radius_{args.ion}_A", labels.percolation_radius, args.ion
        ),
        "site": single(f"site_radius_{args.ion}_A", labels.li_site_radius, args.ion),
        "bond": single("min_bond_length_A", labels.min_bond_length),
        "distance": single("min_distance_A", labels.min_interatomic_distance),
    }
