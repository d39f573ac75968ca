"""Any of the models on a task of Matbench v0.1, fold by fold, beside published errors.

The task is fetched by matminer's dataset loader, or read from a file of the same
layout: a table with the column `structure` and one other, the target, as JSON
(`matbench_phonons.json.gz` as the loader keeps it). Folds are the official ones: five,
shuffled with the seed of Matbench. The models are those of `default_models`.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
from matbench_published import published
from table import align, report, say

from sk_knagcn import compare, default_models
from sk_knagcn.datasets import fetch_matbench


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("task", help="its name, such as matbench_phonons")
    parser.add_argument("--file", type=Path, help="read the task from here")
    parser.add_argument("--models", nargs="*", default=["k-NAGCN", "hybrid"])
    parser.add_argument("--epochs", type=int, help="of all networks; 100 by default")
    parser.add_argument("--sum", action="store_true", help="the target is of a cell")
    parser.add_argument("--jobs", type=int, help="processes")
    parser.add_argument("--path", type=Path, help="folder to go on from when killed")
    parser.add_argument("--output", type=Path, metavar="PATH")
    options = parser.parse_args()
    say(f"loading {options.task}")
    task = fetch_matbench(options.task, file=options.file)
    classes = task.target.dtype == np.bool_
    known = default_models(
        max_epochs=options.epochs, classification=classes, per_atom=options.sum
    )
    unknown = set(options.models) - set(known)
    if unknown:
        parser.error(f"no model {sorted(unknown)}; there are {list(known)}")

    def write(emit: Callable[[str], None]) -> bool:
        n = len(task.structures)
        emit(f"{options.task}: {task.target_name}, {n:,} structures")
        result = compare(
            {name: known[name] for name in options.models},
            task.structures,
            task.target,
            cv=task.splitter,
            metrics="roc_auc" if classes else "mae",
            n_jobs=options.jobs,
            path=options.path,
            verbose=1,
        )
        emit(tabulate(options.task, result))
        return not result.errors

    passed = report(write, options.output)
    raise SystemExit(0 if passed else 1)


def tabulate(task: str, result) -> str:
    """Our rows and the published ones, the smallest error first."""
    (metric,) = result.metrics
    rows = []
    for name, scores in result.scores.groupby("model")[metric]:
        rows.append((scores.mean(), f"{name} (here)", tuple(scores)))
    rows += [(mean, name, folds) for name, (mean, folds) in published(task).items()]
    rows.sort(reverse=metric == "roc_auc")
    titles = ["model", metric, *(f"fold {i}" for i in range(5))]
    cells = []
    for mean, name, folds in rows:
        of_folds = [f"{fold:.4g}" for fold in folds] or [""] * 5
        cells.append([name, f"{mean:.4g}", *of_folds])
    return align(titles, cells)


if __name__ == "__main__":
    main()
