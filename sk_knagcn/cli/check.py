"""`sk-knagcn check`: whether data are fit to learn from, and a model invariant."""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path
from typing import Any

from sk_knagcn.cli.arguments import (
    ABOUT_DATA,
    ABOUT_TARGETS,
    add_data,
    add_targets,
)
from sk_knagcn.cli.predict import load_pipeline
from sk_knagcn.cli.reading import Data, describe_targets, read, report
from sk_knagcn.cli.writing import give

SUMMARY = "report on data: sizes, elements, targets, duplicates, invariance"
ABOUT = f"""\
{ABOUT_DATA}

{ABOUT_TARGETS}

Problems are structures that cannot be used, targets that are missing or all the same,
near duplicates that a random cross-validation would put on both sides, and anything
that moves when a crystal is written down differently: turned, shifted, re-ordered, in
another cell. With --model these are the model's predictions, otherwise the graphs."""
EXAMPLES = """\
  sk-knagcn check cifs
  sk-knagcn check cifs --targets energies.csv --json > report.json
  sk-knagcn check cifs --model gap.safetensors --sample 20"""

_ELEMENTS_SHOWN = 12
_PAIRS_SHOWN = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options."""
    add_data(parser)
    add_targets(parser, several=True)
    parser.add_argument(
        "--model", type=Path, help="check the predictions of this one, and not graphs"
    )
    parser.add_argument(
        "--cv",
        type=int,
        default=5,
        metavar="FOLDS",
        help="folds in which duplicates are looked for (default: %(default)s)",
    )
    parser.add_argument(
        "--sample",
        type=int,
        default=100,
        metavar="N",
        help="structures, drawn at random, whose invariance is checked; 0 for none "
        "(default: %(default)s)",
    )


def run(args: argparse.Namespace) -> bool:
    """Do what was asked for."""
    from sk_knagcn.graphs import StructureGraphTransformer

    model = None if args.model is None else load_pipeline(args)
    data = read(args, targets=True)
    transformer = StructureGraphTransformer() if model is None else model["graph"]
    transformer.set_params(n_jobs=args.jobs, verbose=int(args.progress))
    data.ask(transformer.transform)
    result: dict[str, Any] = {"refused": data.reasons()}
    problems: list[str] = []
    if data.reasons():
        problems.append(f"{len(data.reasons())} refused")
    lines = [
        *_contents(data, result),
        *_targets(data, result, problems),
        *_leakage(args, data, result, problems),
        *_invariance(
            args, data, transformer if model is None else model, result, problems
        ),
    ]
    result["problems"] = problems
    report(data.reasons())
    verdict = f"problems: {'; '.join(problems)}" if problems else "no problems"
    give(args, result, "\n".join([*lines, "", verdict]))
    return not problems


def _contents(data: Data, result: dict[str, Any]) -> list[str]:
    """How many structures of what."""
    import numpy as np

    from sk_knagcn.structures.crystal import symbol_of

    sizes = np.array([len(crystal) for crystal in data.structures])
    found = Counter(
        symbol_of(int(number))
        for crystal in data.structures
        for number in np.unique(crystal.numbers)
    )
    result["n_structures"] = len(data)
    result["atoms"] = {
        "smallest": int(sizes.min()),
        "median": float(np.median(sizes)),
        "largest": int(sizes.max()),
        "total": int(sizes.sum()),
    }
    result["elements"] = dict(found.most_common())
    shown = [f"{name} {n}" for name, n in found.most_common(_ELEMENTS_SHOWN)]
    more = len(found) - len(shown)
    return [
        f"{len(data):,} structures of {sizes.min()} to {sizes.max()} atoms, median "
        f"{np.median(sizes):g}, {sizes.sum():,} in all",
        f"{len(found)} elements, in so many structures: {', '.join(shown)}"
        + (f" and {more} more" if more > 0 else ""),
    ]


def _targets(data: Data, result: dict[str, Any], problems: list[str]) -> list[str]:
    """What there is to learn, what is missing, and whether it differs at all."""
    if data.targets is None:
        return ["no targets"]
    for name in data.targets:
        column = data.targets[name]
        if column.isna().any():
            problems.append(f"{int(column.isna().sum())} without {name}")
        if column.nunique() < 2:
            problems.append(f"{name} is the same for all")
    result["missing"] = {
        name: [data.names[i] for i in data.targets[name].isna().to_numpy().nonzero()[0]]
        for name in data.targets
    }
    return describe_targets(data, result)


def _leakage(
    args: argparse.Namespace, data: Data, result: dict[str, Any], problems: list[str]
) -> list[str]:
    """What a random cross-validation would know before it is asked."""
    from sklearn.model_selection import KFold

    from sk_knagcn.splits import leakage_report

    if len(data) < 2:
        return []
    folds = KFold(min(args.cv, len(data)), shuffle=True, random_state=0)
    found = leakage_report(data.structures, folds)
    shares = found.summary["mean"]
    pairs = found.pairs.copy()
    for column in ("test", "train"):
        pairs[column] = [data.names[i] for i in pairs[column]]
    result["leakage"] = {
        "folds": folds.get_n_splits(),
        "shares": shares.to_dict(),
        "near_duplicates": pairs.drop(columns="fold"),
    }
    if len(pairs):
        problems.append(
            f"{shares['duplicates']:.1%} have a near duplicate on the other side of "
            f"random folds; train and compare with --group-by duplicates"
        )
    known = ", ".join(
        f"{kind.replace('_', ' ')} {share:.0%}" for kind, share in shares.items()
    )
    lines = [f"known from the training part of random folds, on average: {known}"]
    each = {  # once, though either may be tested
        (*sorted((pair.test, pair.train)), pair.formula): None
        for pair in pairs.itertuples()
    }
    for one, other, formula in list(each)[:_PAIRS_SHOWN]:
        lines.append(f"  {one} and {other} ({formula}) are near duplicates")
    if len(each) > _PAIRS_SHOWN:
        lines.append(f"  pairs not shown: {len(each) - _PAIRS_SHOWN}; --json has all")
    return lines


def _invariance(
    args: argparse.Namespace,
    data: Data,
    asked: Any,
    result: dict[str, Any],
    problems: list[str],
) -> list[str]:
    """Whether anything moves when crystals are written down differently."""
    import numpy as np

    from sk_knagcn.invariance import check_invariance

    size = min(args.sample, len(data))
    if size < 1:
        return []
    drawn = np.sort(np.random.default_rng(0).permutation(len(data))[:size])
    names = [data.names[i] for i in drawn]
    found = check_invariance(
        asked, [data.structures[i] for i in drawn], verbose=int(args.progress)
    )
    moved = [names[i] for i in found.moved["index"].unique()]
    result["invariance"] = {
        "of": "graphs" if args.model is None else args.model,
        "n_structures": size,
        "tolerance": found.tolerance,
        "largest_change": float(found.table["output"].max()),
        "moved": moved,
    }
    if moved:
        problems.append(f"{len(moved)} of {size} move when written down differently")
    what = "graphs" if args.model is None else "predictions"
    return ["", f"invariance of {what}", str(found)]
