"""
Henry's constant of hydrogen in MOFs
====================================

The first experiment of Zhang et al. (2021, arXiv:2102.11023). Frameworks are loaded
from the package CoRE-MOF, cleaned and labelled; then every model learns log10(H + 1)
and log10(H) on the very same random splits: Table 1, with the paper's errors beside
ours. Then Figure 2a (parity), Figure 3 (the error over k) and Table 3 (the cost of a
structure).

Small by default: frameworks of up to 200 atoms, 900 of them to learn from and the other
three hundred to test with, half an hour on two cores. ``--full`` takes all frameworks,
ten splits of 80/10/10 as in the paper, and is meant for a GPU. The paper does not state
its temperature, so there are two. What was finished is kept in the folder, and a run
that was killed goes on from there.
"""

# %%
# What came out
# -------------
#
# The small run, in 28 minutes on two cores, with other programs beside: the seconds are
# too many. The full one has not been run.
#
# .. literalinclude:: ../../../benchmarks/results/experiment_henry.txt
#    :language: text
#
# * The hybrid has the smallest error in all four tables. At 298 K it is ahead of the
#   network alone and of trees on the same descriptors by more than luck explains. At
#   77 K trees on descriptors are as good, and far ahead of every network alone.
# * The order of the paper is not met: with 900 frameworks to learn from, k-NAGCN as
#   published is behind CGCNN and 3DGCN, and slots in our training are level with them
#   at 298 K. Moments, our default, are ahead of both in every table.
#
# .. image:: /_static/experiments/henry_parity.png
#    :alt: Predictions over true values of every model, log10(H + 1) at 298 K
#
# More neighbours help, up to the 32 that were tried, moments more than slots; the paper
# has its minimum at 12 to 16. Fifteen epochs, one split:
#
# .. image:: /_static/experiments/henry_k.png
#    :alt: Mean absolute error over k for slots and moments
#
# What differs from the paper:
#
# * **Fewer and smaller frameworks.** It learns from four fifths of 10,136 frameworks of
#   all sizes, here there are 900 of at most 200 atoms.
# * **The span of the labels.** The paper states neither the temperature nor the span,
#   and errors in decades grow with it. So ours are not better than the paper's for
#   being smaller: look at MAE / MAD, and compare the order of the models. At 77 K
#   nearly all constants are far above 1, so log10(H) and log10(H + 1) are the same to
#   0.01 for 1,091 of 1,194 frameworks.
# * **Cleaning.** It keeps 79 % of the set, with a probe that it does not name; ours has
#   1.655 Å and keeps 60 % (:doc:`why </guide/pore_labels>`).
# * **Training.** "As published" is the paper's network with its frames, its optimiser
#   and its early stopping on a tenth of the training part, for 30 epochs. CGCNN and
#   3DGCN have our training and element properties.
# * **Descriptors**, which the paper does not have: density, cavities, surface and void
#   fraction as they are published with CoRE MOF, and the composition's. The trees learn
#   from these alone; in the hybrid they join our network :doc:`after its readout
#   </guide/hybrids>`.

# %%
# The script
# ----------

import argparse
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from published import beside_the_paper, networks
from sklearn.base import clone
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.model_selection import GridSearchCV, ShuffleSplit
from sklearn.pipeline import Pipeline, make_pipeline, make_union
from sklearn.preprocessing import FunctionTransformer

from sk_knagcn import (
    KNAGCNRegressor,
    SearchDisplay,
    StructureDescriptors,
    StructureGraphTransformer,
    compare,
    paper_splits,
)
from sk_knagcn.datasets import load_core_mof
from sk_knagcn.labels import clean_frameworks, henry_constant

TRANSFORMS = {"log10(H + 1)": lambda h: np.log10(h + 1), "log10(H)": np.log10}
PARTS = ["table", "sweep", "times"]
NEIGHBORS = [4, 8, 12, 16, 32]
TIMED = 50  # structures


def main() -> None:
    """Load, label, compare, search, time."""
    options = read_options()
    options.folder.mkdir(parents=True, exist_ok=True)
    structures = load_clean(options)
    labels = {
        temperature: henry_constant(
            structures, "H2", temperature=temperature, **_how(options)
        )
        for temperature in options.temperatures
    }
    if "table" in options.parts:
        for temperature, henry in labels.items():
            for name in options.quantities:
                y = TRANSFORMS[name](henry)
                compare_models(structures, name, y, temperature, options)
    y = np.log10(labels[options.temperatures[0]] + 1)
    if "sweep" in options.parts:
        sweep(structures, y, options)
    if "times" in options.parts:
        take_time(structures[:TIMED], y[:TIMED], options)


def read_options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__.partition("==\n\n")[2],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--structures",
        type=int,
        default=2_000,
        help="to read; cleaning leaves three of five",
    )
    parser.add_argument("--max-atoms", type=int, default=200)
    parser.add_argument("--train", type=int, default=900, help="the others are tested")
    parser.add_argument("--splits", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument(
        "--sweep-epochs", type=int, default=15, help="of the sweep over k"
    )
    parser.add_argument(
        "--temperatures", type=float, nargs="+", default=[298.15, 77.0], help="Kelvin"
    )
    parser.add_argument(
        "--quantities", nargs="+", choices=TRANSFORMS, default=[*TRANSFORMS]
    )
    parser.add_argument("--models", nargs="*", help="only these, by name")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--full", action="store_true", help="as in the paper")
    parser.add_argument("--jobs", type=int, default=-1)
    parser.add_argument("--folder", type=Path, default=Path("henry-results"))
    options = parser.parse_args()
    if options.full:
        options.structures, options.max_atoms, options.train = None, None, None
        options.splits, options.epochs, options.sweep_epochs = 10, 200, 200
    return options


def load_clean(options: argparse.Namespace) -> list:
    """Frameworks with pores and without overlapping atoms.

    Their published properties ride along, for the models that learn from descriptors.
    """
    start = perf_counter()
    mofs = load_core_mof(
        max_atoms=options.max_atoms,
        subset=options.structures,
        cache=options.folder if options.full else None,
        n_jobs=options.jobs,
        verbose=1,
    )
    print(f"{len(mofs.structures):,} frameworks read in {perf_counter() - start:.0f} s")
    cleaned = clean_frameworks(mofs.structures, **_how(options))
    print(cleaned)
    published = mofs.properties.to_numpy()
    for structure, row in zip(mofs.structures, published, strict=True):
        structure.properties["pores"] = row
    return [mofs.structures[i] for i in cleaned.kept]


def published_pores(structures: list) -> np.ndarray:
    """Density, cavities, surface and void fraction, as CoRE MOF has them."""
    return np.array([structure.properties["pores"] for structure in structures])


def compare_models(
    structures: list,
    name: str,
    y: np.ndarray,
    temperature: float,
    options: argparse.Namespace,
) -> None:
    """A part of Table 1, and its parity plots."""
    n = len(structures)
    if options.full:
        cv, split = paper_splits(n, n_repeats=options.splits), "80/10/10 at random"
    else:
        cv = ShuffleSplit(options.splits, train_size=options.train, random_state=0)
        split = f"{options.train:,} to learn from and {n - options.train:,} to test"
    result = compare(
        models(options),
        structures,
        y,
        cv=cv,
        metrics=["mae", "mae_mad", "r2"],
        n_jobs=options.jobs,
        path=options.folder / "fits",
        verbose=1,
    )
    print(f"\n{name} of H2 at {temperature:.0f} K, from {y.min():.2f} to {y.max():.2f}")
    print(f"splits: {options.splits} of {split}; {options.epochs} epochs")
    print(beside_the_paper(result, name).to_string(), flush=True)
    file = f"{name.translate(str.maketrans('(', '_', ') '))}-{temperature:.0f}K"
    result.to_html(options.folder / f"{file}.html", unit="decades")
    result.plot("parity", unit="decades").figure_.savefig(
        options.folder / f"{file}.png", dpi=80
    )
    plt.close("all")


def models(options: argparse.Namespace) -> dict[str, Pipeline]:
    """The paper's three networks, ours, descriptors, and both together."""
    trained = {"max_epochs": options.epochs, "random_state": 0}
    descriptors = make_union(
        FunctionTransformer(published_pores),
        StructureDescriptors("composition", cache=options.folder, n_jobs=options.jobs),
    )
    graphs = StructureGraphTransformer(descriptors=descriptors)
    trees = ExtraTreesRegressor(500, max_features=1 / 3, random_state=0)
    found = {
        **networks(**trained),
        "trees on descriptors": make_pipeline(descriptors, trees),
        "hybrid": make_pipeline(graphs, KNAGCNRegressor(**trained)),
    }
    return {name: found[name] for name in options.models or found}


def sweep(structures: list, y: np.ndarray, options: argparse.Namespace) -> None:
    """Figure 3: the error over k, on one split."""
    network = KNAGCNRegressor(max_epochs=options.sweep_epochs, random_state=0)
    train = options.train or 0.8
    search = GridSearchCV(
        Pipeline([("graph", StructureGraphTransformer()), ("net", network)]),
        {"net__convolution": ["slots", "moments"], "graph__k": NEIGHBORS},
        cv=ShuffleSplit(1, train_size=train, random_state=0),
        scoring="neg_mean_absolute_error",
        refit=False,
        n_jobs=options.jobs,
    )
    search.fit(structures, y)
    table = pd.DataFrame(search.cv_results_["params"])
    table.columns = [name.partition("__")[2] for name in table]
    table["MAE"] = -search.cv_results_["mean_test_score"]
    print(f"\nMAE of log10(H + 1) over k, one split, {options.sweep_epochs} epochs")
    print(table.pivot(index="k", columns="convolution", values="MAE").round(4))
    SearchDisplay.from_search(search, x="graph__k").figure_.savefig(
        options.folder / "k.png", dpi=80
    )


def take_time(structures: list, y: np.ndarray, options: argparse.Namespace) -> None:
    """Table 3: what a structure costs, in time of one processor core."""
    rows = {}
    for name, model in models(options).items():
        first, last = clone(model[0]), clone(model[-1])
        names = first.get_params()
        first.set_params(**{n: None for n in names if n.endswith("cache")})
        # Processes of their own would not be counted.
        first.set_params(**{n: 1 for n in names if n.endswith("n_jobs")})
        table, making = _timed(first.fit_transform, structures, y)
        last.fit(table, y)  # whatever is only done once
        if "max_epochs" in last.get_params():
            short, long = (clone(last).set_params(max_epochs=n) for n in (1, 6))
            five = _timed(long.fit, table, y)[1] - _timed(short.fit, table, y)[1]
            learning = five / 5 * options.epochs
        else:
            learning = _timed(last.fit, table, y)[1]
        asking = _timed(last.predict, table)[1]
        rows[name] = [1_000 * t / len(y) for t in (making, learning, asking)]
    columns = ["graph or descriptors", f"{options.epochs} epochs", "prediction"]
    print("\nProcessor time in ms per structure")
    print(pd.DataFrame(rows, columns).T.round(2).to_string())


def _timed(work: Callable, *of) -> tuple:
    start = process_time()
    return work(*of), process_time() - start


def _how(options: argparse.Namespace) -> dict:
    return {"cache": options.folder, "n_jobs": options.jobs, "verbose": 1}


if __name__ == "__main__":
    main()
