"""How often conformal intervals hold the truth, on perovskites.

Small networks are trained for a few epochs on 600 perovskites; 400 others are kept
aside. Coverage is the share of structures whose formation energy lies in its interval:

* split: intervals from SplitConformalRegressor of MAPIE around an ensemble; the
  structures kept aside are halved at random, again and again, one half to calibrate
  with and the other to count.
* CV+: CrossConformalRegressor of MAPIE with five folds; nothing more is kept aside.
* spread: the median of the ensemble, more or less so many standard deviations of its
  members, as if their disagreement were a normal distribution.

Structures are read from the folder that SK_KNAGCN_DATA names; see property_sets.py.
MAPIE is needed: python -m pip install mapie
"""

import argparse
from importlib.metadata import version
from pathlib import Path
from statistics import NormalDist

import numpy as np
import torch
from mapie.regression import CrossConformalRegressor, SplitConformalRegressor
from numpy.typing import NDArray
from property_sets import read_task
from table import align, say

from sk_knagcn import EnsembleRegressor, KNAGCNRegressor, StructureGraphTransformer

TASK = "perovskites heat (eV)"
LEVELS = [0.8, 0.9, 0.95]
NETWORK = KNAGCNRegressor(n_layers=2, width=32, max_epochs=10, random_state=0)
TITLES = ("intervals", "wanted", "coverage", "lowest", "highest", "width (eV)")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--train", type=int, default=600, metavar="N")
    parser.add_argument("--aside", type=int, default=400, metavar="N")
    parser.add_argument("--members", type=int, default=5, metavar="N")
    parser.add_argument("--splits", type=int, default=100, metavar="N")
    parser.add_argument("--output", type=Path, metavar="PATH")
    options = parser.parse_args()
    torch.set_num_threads(1)
    task = read_task(TASK)
    if task is None:
        raise SystemExit(f"There is no file for {TASK}. Set SK_KNAGCN_DATA.")
    order = np.random.default_rng(0).permutation(len(task.y))
    order = order[: options.train + options.aside]
    say("building graphs")
    graphs = StructureGraphTransformer().transform([task.structures[i] for i in order])
    y, n = task.y[order], options.train

    say(f"training an ensemble of {options.members}")
    model = EnsembleRegressor(NETWORK, n_members=options.members, random_state=0)
    model.fit(graphs[:n], y[:n])
    say(f"calibrating on {options.splits} random halves of what was kept aside")
    rows = split_rows(model, graphs[n:], y[n:], options.splits)
    say("training the five networks of CV+")
    rows += cross_rows(graphs[:n], y[:n], graphs[n:], y[n:])
    rows += spread_rows(model, graphs[n:], y[n:])

    deviation = abs(y[n:] - y[:n].mean()).mean()
    error = abs(y[n:] - model.predict(graphs[n:])).mean()
    single = np.mean(
        [abs(y[n:] - member.predict(graphs[n:])).mean() for member in model.estimators_]
    )
    names = ("sk_knagcn", "mapie", "torch", "scikit-learn")
    text = "\n".join(
        [
            ", ".join(f"{name} {version(name)}" for name in names),
            f"Formation energy of perovskites: {n} to train with, {len(y) - n} kept "
            "aside.",
            f"Mean absolute error of the ensemble {error:.3f} eV, of its members "
            f"{single:.3f} eV on average,",
            f"of the training mean {deviation:.3f} eV.",
            "",
            align(TITLES, rows),
        ]
    )
    print(text)
    if options.output is not None:
        path = options.output
        path = path / "uncertainty.txt" if path.is_dir() else path
        path.write_text(f"{text}\n", encoding="utf-8")


def split_rows(model, graphs, y: NDArray, n_splits: int) -> list[tuple[str, ...]]:
    """Coverage over random halves: one to calibrate with, one to count."""
    random = np.random.default_rng(0)
    coverages, widths = [], []
    for _ in range(n_splits):
        halves = np.array_split(random.permutation(len(y)), 2)
        calibration, test = (np.sort(half) for half in halves)
        conformal = SplitConformalRegressor(
            model, confidence_level=LEVELS, prefit=True
        ).conformalize(graphs[calibration], y[calibration])
        _, intervals = conformal.predict_interval(graphs[test])
        coverages.append(covered(y[test], intervals))
        widths.append(width(intervals))
    means, lowest, highest = (f(coverages, axis=0) for f in (np.mean, np.min, np.max))
    columns = zip(LEVELS, means, lowest, highest, np.mean(widths, axis=0), strict=True)
    return [line("split", *numbers) for numbers in columns]


def cross_rows(graphs, y: NDArray, new_graphs, new_y: NDArray) -> list[tuple[str, ...]]:
    """Coverage of CV+."""
    conformal = CrossConformalRegressor(
        NETWORK, confidence_level=LEVELS, cv=5, random_state=0
    ).fit_conformalize(graphs, y)
    _, intervals = conformal.predict_interval(new_graphs)
    found = covered(new_y, intervals)
    return [
        line("CV+", level, share, None, None, size)
        for level, share, size in zip(LEVELS, found, width(intervals), strict=True)
    ]


def spread_rows(model, graphs, y: NDArray) -> list[tuple[str, ...]]:
    """Coverage of the members' spread, taken for a normal distribution."""
    center, std = model.predict(graphs, return_std=True)
    rows = []
    for level in LEVELS:
        reach = NormalDist().inv_cdf(0.5 + level / 2) * std
        share = np.mean(abs(y - center) <= reach)
        rows.append(line("spread", level, share, None, None, 2 * reach.mean()))
    return rows


def covered(y: NDArray, intervals: NDArray) -> NDArray:
    """Share of y (n,) within intervals (n, 2, levels), for each level."""
    inside = (intervals[:, 0] <= y[:, None]) & (y[:, None] <= intervals[:, 1])
    return inside.mean(axis=0)


def width(intervals: NDArray) -> NDArray:
    """Mean width of intervals (n, 2, levels), for each level."""
    return (intervals[:, 1] - intervals[:, 0]).mean(axis=0)


def line(name: str, *numbers: float | None) -> tuple[str, ...]:
    """A row of the table; what is None is left empty."""
    return (name, *("" if number is None else f"{number:.3f}" for number in numbers))


if __name__ == "__main__":
    main()
