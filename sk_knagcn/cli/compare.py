"""`sk-knagcn compare`: several models on the very same folds."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from sk_knagcn.cli.arguments import (
    ABOUT_DATA,
    ABOUT_TARGETS,
    add_data,
    add_folds,
    add_output,
    add_targets,
    add_training,
)
from sk_knagcn.cli.models import MODELS, make_splitter
from sk_knagcn.cli.reading import Data, read_with_targets, report
from sk_knagcn.cli.writing import check_outputs, give, write_file

SUMMARY = "compare networks, forests and hybrids on the very same folds"
ABOUT = f"""\
{ABOUT_DATA}

{ABOUT_TARGETS}

The models are {", ".join(MODELS)}.
--output takes the table as .csv, and a page with figures and everything else as .html,
which needs nothing but a browser; it may be given twice."""
EXAMPLES = """\
  sk-knagcn compare cifs --output comparison.html --output comparison.csv
  sk-knagcn compare cifs --model k-nagcn --model cgcnn --cv 10 --group-by formula
  sk-knagcn compare cifs --target energy --per-atom --resume fits --jobs 4"""

_ENDINGS = (".csv", ".html")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options."""
    add_data(parser)
    add_targets(parser)
    parser.add_argument(
        "--model",
        action="append",
        choices=MODELS,
        metavar="NAME",
        help="one to compare; may be given several times (default: all)",
    )
    parser.add_argument(
        "--per-atom",
        action="store_true",
        help="the target grows with the cell: let models learn it per atom, all but "
        "the published k-NAGCN",
    )
    add_training(parser)
    add_folds(parser, default=5)
    parser.add_argument(
        "--metric",
        action="append",
        metavar="NAME",
        help="mae, rmse, r2, mae_mad; accuracy, balanced_accuracy, roc_auc of classes; "
        "or any scorer of scikit-learn; may be given several times, the first one "
        "ranks",
    )
    parser.add_argument(
        "--resume",
        type=Path,
        metavar="FOLDER",
        help="keep each finished fit here; the same command goes on from it",
    )
    parser.add_argument("--unit", help="of the target, for the page")
    add_output(parser, "file for the table (.csv) or the page (.html)", several=True)


def run(args: argparse.Namespace) -> bool:
    """Do what was asked for."""
    from sk_knagcn.comparison import compare, default_models

    outputs = args.output or []
    wrong = [str(path) for path in outputs if path.suffix not in _ENDINGS]
    if wrong:
        raise ValueError(f"{wrong[0]} must end in .csv or .html.")
    check_outputs(args, outputs)
    data = read_with_targets(args)
    data.target()  # there is one, before much is done about it
    _leave_out_without_graphs(args, data)
    report(data.reasons())
    if args.per_atom and data.has_classes:
        raise ValueError(
            "--per-atom is for numbers; classes do not grow with the cell."
        )
    models = default_models(
        max_epochs=args.epochs,
        random_state=args.seed,
        per_atom=args.per_atom,
        classification=data.has_classes,
    )
    found = compare(
        {MODELS[name]: models[MODELS[name]] for name in args.model or MODELS},
        data.structures,
        data.target(),
        cv=make_splitter(args),
        metrics=args.metric,
        path=args.resume,
        n_jobs=args.jobs,
        verbose=int(args.progress),
    )
    for path in outputs:
        if path.suffix == ".csv":
            write_file(path, found.table.to_csv())
        else:
            found.to_html(path, unit=args.unit)
    result: dict[str, Any] = {
        "n_structures": len(data),
        "folds": args.cv,
        "models": found.table.reset_index(),
        "refused": data.reasons(),
        "output": outputs,
    }
    give(args, result, repr(found))
    return not found.errors


def _leave_out_without_graphs(args: argparse.Namespace, data: Data) -> None:
    """A structure without a graph would cost the networks their rows."""
    from sk_knagcn.graphs import StructureGraphTransformer

    transformer = StructureGraphTransformer(
        n_jobs=args.jobs, verbose=int(args.progress)
    )
    data.ask(transformer.transform)
