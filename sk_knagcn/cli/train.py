"""`sk-knagcn train`: a network that predicts, in one file."""

from __future__ import annotations

import argparse
from time import perf_counter
from typing import Any

from sk_knagcn.cli.arguments import (
    ABOUT_DATA,
    ABOUT_TARGETS,
    PRESETS,
    add_data,
    add_folds,
    add_output,
    add_targets,
    add_training,
    positive,
)
from sk_knagcn.cli.models import NETWORKS, graphs_of, make_network, make_splitter
from sk_knagcn.cli.reading import Data, describe_targets, read_with_targets, report
from sk_knagcn.cli.writing import check_outputs, give

SUMMARY = "train a network, and see by cross-validation how good it is"
ABOUT = f"""\
{ABOUT_DATA}

{ABOUT_TARGETS}

With --cv the network is first trained on parts of the data and tested on the rest. Then
it learns from all, and --output keeps it with the settings of its graphs: `sk-knagcn
predict` and `load_model` in Python need nothing else."""
EXAMPLES = """\
  sk-knagcn train cifs --cv 5 --output gap.safetensors
  sk-knagcn train cifs --targets energies.csv --target energy --readout sum \\
      --epochs 200 --output energy.safetensors
  sk-knagcn train cifs --model hybrid --cv 10 --group-by formula"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options."""
    add_data(parser)
    add_targets(parser, several=True)
    parser.add_argument(
        "--model",
        choices=NETWORKS,
        default="k-nagcn",
        help="hybrid is k-nagcn with the descriptors of periodicity "
        "(default: %(default)s)",
    )
    parser.add_argument(
        "--k",
        type=positive,
        metavar="N",
        help="neighbours per atom (default: 12)",
    )
    parser.add_argument(
        "--readout",
        choices=("mean", "sum", "max", "attention"),
        help="how atoms make a structure; sum for what grows with the cell",
    )
    parser.add_argument(
        "--descriptors",
        choices=PRESETS,
        help="what the network shall know beside the graph",
    )
    add_training(parser)
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda")
    add_folds(parser, default=None)
    parser.add_argument(
        "--checkpoint",
        metavar="FOLDER",
        help="keep the state of training here; the same command goes on from it",
    )
    add_output(parser, "file for the trained network, by custom *.safetensors")


def run(args: argparse.Namespace) -> bool:
    """Do what was asked for."""
    if args.output is None and args.cv is None:
        raise ValueError(
            "there is nothing to do: pass --output FILE to keep a trained network, "
            "--cv 5 to see how good it is, or both."
        )
    if args.group_by and args.cv is None:
        raise ValueError("--group-by is for a cross-validation. Pass --cv 5 as well.")
    check_outputs(args, [args.output])
    data = read_with_targets(args)
    model = make_network(args, classification=data.has_classes)
    data.ask(graphs_of(model, args).transform)
    report(data.reasons())
    result: dict[str, Any] = {"model": args.model, "refused": data.reasons()}
    result["n_structures"] = len(data)
    lines = [f"{len(data)} structures", *describe_targets(data, result)]
    if args.cv is not None:
        lines.append(_validate(args, model, data, result))
    if args.output is not None:
        lines.append(_fit(args, model, data, result))
    give(args, result, "\n".join(lines))
    return True


def _validate(
    args: argparse.Namespace, model: Any, data: Data, result: dict[str, Any]
) -> str:
    """Train on parts and test on the rest."""
    from sk_knagcn.comparison import compare
    from sk_knagcn.comparison.metrics import label_of
    from sk_knagcn.comparison.words import spread

    found = compare(
        {args.model: model},
        data.structures,
        data.target(),
        cv=make_splitter(args),
        n_jobs=args.jobs,
        verbose=int(args.progress),
    )
    row = found.table.iloc[0]
    shown = ("mae", "mae_mad", "r2") if found.classes is None else found.metrics
    told = [f"{label_of(m)} {spread(row[m], row[f'{m}_std'])}" for m in shown]
    scores = {name: float(row[name]) for m in shown for name in (m, f"{m}_std")}
    result["cross_validation"] = {"folds": args.cv, "group_by": args.group_by, **scores}
    apart = f", by {args.group_by}" if args.group_by else ""
    return f"cross-validation, {args.cv} folds{apart}: {', '.join(told)}"


def _fit(
    args: argparse.Namespace, model: Any, data: Data, result: dict[str, Any]
) -> str:
    """Learn from everything, and keep what was learnt."""
    from sk_knagcn.estimators import save_model

    assert data.targets is not None
    start = perf_counter()
    model.set_params(net__verbose=int(args.progress))
    model.fit(data.structures, data.targets.squeeze("columns"))
    seconds = perf_counter() - start
    save_model(model, args.output, overwrite=args.force)
    result |= {"output": args.output, "fit_seconds": round(seconds, 3)}
    return f"{args.output}: {args.model}, fitted on all in {seconds:.1f} s"
