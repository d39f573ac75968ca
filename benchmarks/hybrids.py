"""What descriptors add to networks, and networks to descriptors: fixed splits.

Phonon heat capacity and internal energy of a cell, on the published splits, and two
pore properties of MOFs. Mean absolute errors on the test part, how far below that of
CGCNN they are, and the paired difference to the best model with a 95 % bootstrap
interval over the test structures. Structures are read from the folder that
SK_KNAGCN_DATA names; see property_sets.py.
"""

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from accuracy import paired
from property_sets import TASKS, Task, read_task
from sklearn.base import BaseEstimator
from sklearn.ensemble import RandomForestRegressor
from sklearn.impute import SimpleImputer
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import FunctionTransformer
from table import align, report, say

from sk_knagcn import (
    CGCNNRegressor,
    KNAGCNRegressor,
    PerAtomRegressor,
    StructureDescriptors,
    StructureGraphTransformer,
)

CHOSEN = ("phonons", "MOFs")
EPOCHS = {"phonons": 60, "MOFs": 20}
BASELINE = "CGCNN"
SCORE = "neg_mean_absolute_error"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tasks", nargs="*", default=list(CHOSEN), metavar="PART")
    parser.add_argument("--seeds", type=int, default=2, help="trainings of each model")
    parser.add_argument("--cache", type=Path, help="folder to keep descriptors in")
    parser.add_argument("--output", type=Path, metavar="PATH")
    options = parser.parse_args()
    torch.set_num_threads(1)
    names = [n for n in TASKS if any(part in n for part in options.tasks)]

    def write(emit: Callable[[str], None]) -> bool:
        emit(
            f"Mean absolute errors, means over {options.seeds} seeds. MAD: error of "
            "the training mean."
        )
        rows = []
        for name in names:
            task = read_task(name)
            if task is None:
                emit(f"No file for {name}.")
                continue
            rows += compete(task, options)
        titles = ["task", "model", "MAE", "MAE/MAD", f"below {BASELINE}"]
        titles += ["minus best", "95 %"]
        emit(align(titles, rows))
        return True

    report(write, options.output)


def models(task: Task, cache: Path | None) -> Iterator[tuple[str, BaseEstimator]]:
    """Every model of a task, from structures to numbers."""
    epochs = next(n for part, n in EPOCHS.items() if part in task.name)

    def described(preset: str) -> BaseEstimator:
        return StructureDescriptors(
            preset, on_error="nan", cache=cache or "memory", n_jobs=-1, verbose=1
        )

    def network(cls=KNAGCNRegressor, descriptors=None, **parameters) -> BaseEstimator:
        return make_pipeline(
            StructureGraphTransformer(descriptors=descriptors),
            cls(max_epochs=epochs, **parameters),
        )

    def forest(*descriptors: BaseEstimator) -> BaseEstimator:
        # Which share of the columns is best depends on the target: each fit finds out.
        trees = RandomForestRegressor(300, n_jobs=-1)
        return make_pipeline(
            make_union(*descriptors),
            SimpleImputer(keep_empty_features=True),
            GridSearchCV(trees, {"max_features": [1 / 3, 1.0]}, cv=3, scoring=SCORE),
        )

    the_28, composition = described("periodicity"), described("composition")
    yield BASELINE, network(CGCNNRegressor)
    yield "k-NAGCN", network()
    if task.grows:
        yield "k-NAGCN, number of atoms", network(descriptors=COUNT)
    yield "k-NAGCN, the 28", network(descriptors=the_28)
    if task.grows:
        yield "k-NAGCN, sum", network(readout="sum")
        yield "k-NAGCN, sum, the 28", network(readout="sum", descriptors=the_28)
    yield "forest on the 28", forest(the_28)
    yield "forest on the 28 and composition", forest(the_28, composition)
    if task.grows:
        yield "forest on the 28, per atom", PerAtomRegressor(forest(the_28))
        both = PerAtomRegressor(forest(the_28, composition))
        yield "forest on both, per atom", both


def count_atoms(structures: list) -> np.ndarray:
    """The number of atoms in each cell: a table of one column."""
    return np.array([[len(structure)] for structure in structures], dtype=float)


COUNT = FunctionTransformer(count_atoms)


def compete(task: Task, options: argparse.Namespace) -> list[list[str]]:
    """Train every model on the training part and look at its errors on the other."""
    train = [task.structures[i] for i in task.train]
    test = [task.structures[i] for i in task.test]
    errors = {}
    for name, model in models(task, options.cache):
        of_seeds = []
        for seed in range(options.seeds):
            predicted = seeded(model, seed).fit(train, task.y[task.train]).predict(test)
            of_seeds.append(abs(predicted - task.y[task.test]))
        errors[name] = np.mean(of_seeds, axis=0)
        say(f"{task.name}: {name} {errors[name].mean():.4f}")
    best = min(errors, key=lambda name: errors[name].mean())
    rows = []
    for name, error in errors.items():
        difference, interval = "", "best"
        if name != best:
            difference, interval = paired(error - errors[best])
        rows.append(
            [
                "" if rows else task.name,
                name,
                f"{error.mean():.4f}",
                f"{error.mean() / task.spread:.3f}",
                f"{1 - error.mean() / errors[BASELINE].mean():.0%}",
                difference,
                interval,
            ]
        )
    return rows


def seeded(model: BaseEstimator, seed: int) -> BaseEstimator:
    """The model with all its random states set."""
    states = [name for name in model.get_params() if name.endswith("random_state")]
    return model.set_params(**dict.fromkeys(states, seed))


if __name__ == "__main__":
    main()
