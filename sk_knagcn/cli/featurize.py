"""`sk-knagcn featurize`: structures to graphs on disk, or to a table of descriptors."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from sk_knagcn.cli.arguments import ABOUT_DATA, PRESETS, add_data, add_output, positive
from sk_knagcn.cli.reading import Data, read, report
from sk_knagcn.cli.writing import check_outputs, give_table

if TYPE_CHECKING:
    from sk_knagcn.descriptors import StructureDescriptors

SUMMARY = "turn structures into graphs, or into a table of descriptors"
ABOUT = f"""\
{ABOUT_DATA}

Graphs are written to the folder that --output names; CrystalGraphs.open reads them in
Python. The table on standard output has the names of the structures in the order of the
graphs. With --table it is the descriptors themselves, and there are no graphs. What
cannot be computed of a structure is an empty field, and listed as incomplete."""
EXAMPLES = """\
  sk-knagcn featurize cifs --output graphs > names.csv
  sk-knagcn featurize cifs --k 16 --descriptors periodicity --output graphs
  sk-knagcn featurize cifs --table composition --output descriptors.csv"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options."""
    add_data(parser)
    parser.add_argument(
        "--k",
        type=positive,
        default=12,
        metavar="N",
        help="neighbours per atom (default: %(default)s)",
    )
    parser.add_argument(
        "--frames",
        choices=("canonical", "paper"),
        default="canonical",
        help="how ties among neighbours are resolved (default: %(default)s)",
    )
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument(
        "--descriptors", choices=PRESETS, help="let the graphs carry these descriptors"
    )
    kind.add_argument(
        "--table", choices=PRESETS, help="make a table of these and no graphs"
    )
    add_output(parser, "folder for the graphs, or file for the table")


def run(args: argparse.Namespace) -> bool:
    """Do what was asked for."""
    if args.output is None and args.table is None:
        raise ValueError(
            "graphs are a folder of arrays. Pass --output FOLDER for them."
        )
    check_outputs(args, [args.output], folders=args.table is None)
    data = read(args)
    incomplete = (_write_graphs if args.table is None else _write_table)(args, data)
    report(data.reasons())
    report(incomplete, "incomplete")
    return data.refused.empty and not incomplete


def _write_graphs(args: argparse.Namespace, data: Data) -> list[dict[str, str]]:
    """Write graphs; list what their descriptors lack."""
    import pandas as pd

    from sk_knagcn.descriptors import StructureDescriptors
    from sk_knagcn.graphs import StructureGraphTransformer

    transformer = StructureGraphTransformer(
        k=args.k, frames=args.frames, n_jobs=args.jobs, verbose=args.progress
    )
    graphs = data.ask(transformer.transform)
    incomplete = []
    if args.descriptors:
        preset = StructureDescriptors(
            args.descriptors, on_error="nan", n_jobs=args.jobs, verbose=args.progress
        )
        transformer.set_params(descriptors=preset, verbose=0)
        graphs = transformer.fit_transform(data.structures)
        incomplete = _incomplete(transformer.descriptors_, data)
    graphs.save(args.output, overwrite=args.force)
    rows = pd.DataFrame(
        {
            "name": data.names,
            "formula": [crystal.formula for crystal in data.structures],
            "n_atoms": graphs.n_atoms,
            "n_stored_atoms": graphs.n_stored_atoms,
        }
    )
    result = {"graphs": args.output, "k": graphs.k, "refused": data.reasons()}
    args.output = None  # the graphs are there; what follows is for standard output
    give_table(args, rows, result | {"incomplete": incomplete})
    return incomplete


def _write_table(args: argparse.Namespace, data: Data) -> list[dict[str, str]]:
    """Write descriptors; list what they lack."""
    from sk_knagcn.descriptors import StructureDescriptors

    preset = StructureDescriptors(
        args.table, on_error="nan", n_jobs=args.jobs, verbose=args.progress
    )
    table = preset.set_output(transform="pandas").fit_transform(data.structures)
    incomplete = _incomplete(preset, data)
    result = {"refused": data.reasons(), "incomplete": incomplete}
    give_table(args, data.tabulate(table), result)
    return incomplete


def _incomplete(preset: StructureDescriptors, data: Data) -> list[dict[str, str]]:
    """The structures with empty fields, and why they have them."""
    return [
        {
            "name": data.names[failure.index],
            "reason": f"has no {failure.featurizer}: {failure.reason}",
        }
        for failure in preset.failures_
    ]
