"""`sk-knagcn predict`: what a trained network says of structures."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sk_knagcn.cli.arguments import ABOUT_DATA, add_data, add_output
from sk_knagcn.cli.reading import read, report
from sk_knagcn.cli.writing import check_outputs, give_table

SUMMARY = "predict with a network that was trained before"
ABOUT = f"""\
MODEL is a file from `sk-knagcn train` or `save_model`. No code in it is run, whoever it
is from.

{ABOUT_DATA}

The table has a row for each structure, in the order of the input (files sorted by
name); those that were refused have empty fields. Of classes it has the most probable
one, and the probability of each."""
EXAMPLES = """\
  sk-knagcn predict gap.safetensors cifs --output predictions.csv
  sk-knagcn predict gap.safetensors new.jsonl.gz --jobs -1 > predictions.csv
  sk-knagcn predict gap.safetensors cifs --json"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options."""
    parser.add_argument("model", type=Path, metavar="MODEL", help="the trained network")
    add_data(parser)
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda")
    add_output(parser, "file for the table (default: standard output)")


def run(args: argparse.Namespace) -> bool:
    """Do what was asked for."""
    from sklearn.base import is_classifier

    check_outputs(args, [args.output])
    if args.model.is_dir():
        raise IsADirectoryError(f"{args.model} is a folder; the model comes first.")
    model = load_pipeline(args)
    if args.on_disorder is None:
        args.on_disorder = model["graph"].on_disorder
    data = read(args)
    model["graph"].set_params(n_jobs=args.jobs, verbose=int(args.progress))
    data.ask(model["graph"].transform)  # what it makes is found again when asked
    network = model.steps[-1][1]
    names = list(network.target_names_)
    if is_classifier(network):
        shares = model.predict_proba(data.structures)
        table = _as_table(network.classes_[shares.argmax(axis=1)], names)
        for name, column in zip(network.classes_, shares.T, strict=True):
            table[f"probability_{name}"] = column
    else:
        table = _as_table(model.predict(data.structures), names)
    result = {"model": args.model, "refused": data.reasons()}
    give_table(args, data.tabulate(table), result)
    report(data.reasons())
    return data.refused.empty


def load_pipeline(args: argparse.Namespace) -> Any:
    """The model that was asked for, with a transformer in front of it."""
    from sklearn.pipeline import Pipeline

    from sk_knagcn.estimators import load_model
    from sk_knagcn.graphs import StructureGraphTransformer

    if not args.model.is_file():
        raise FileNotFoundError(f"there is no file {args.model}.")
    model = load_model(args.model, device=getattr(args, "device", "auto"))
    if isinstance(model, Pipeline):
        return Pipeline([("graph", model.steps[0][1]), ("net", model.steps[1][1])])
    transformer = StructureGraphTransformer(**asdict(model.graph_settings_))
    return Pipeline([("graph", transformer), ("net", model)])


def _as_table(predictions: Any, names: list[str]) -> Any:
    """Predictions under the names of the targets."""
    import pandas as pd

    columns = predictions.reshape(len(predictions), -1)
    if len(names) != columns.shape[1]:
        names = [f"prediction{i}" for i in range(columns.shape[1])]
        names = ["prediction"] if len(names) == 1 else names
    return pd.DataFrame(columns, columns=names)
