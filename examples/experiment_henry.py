"""Henry's constant of hydrogen in CoRE MOFs: Table 1 and Figure 3 of the k-NAGCN paper.

Frameworks are loaded from the package CoRE-MOF, cleaned and labelled; then every model
is trained on the very same random splits to predict log10(H + 1) and log10(H). Small by
default: frameworks of up to 200 atoms, few splits and epochs, an hour on two cores.
--full takes all of them and is meant for a GPU. The paper does not state the
temperature; labels are made for the one given.
"""

import argparse
from pathlib import Path
from time import perf_counter

import numpy as np
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import make_pipeline, make_union

from sk_knagcn import (
    CGCNNRegressor,
    GCN3DRegressor,
    KNAGCNRegressor,
    SearchDisplay,
    StructureDescriptors,
    StructureGraphTransformer,
    compare,
    paper_splits,
)
from sk_knagcn.datasets import load_core_mof
from sk_knagcn.labels import clean_frameworks, henry_constant


def main() -> None:
    """Load, label, compare, search."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--structures", type=int, default=1_200)
    parser.add_argument("--max-atoms", type=int, default=200)
    parser.add_argument("--splits", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--temperature", type=float, default=298.15, help="Kelvin")
    parser.add_argument("--full", action="store_true", help="as in the paper")
    parser.add_argument("--sweep", action="store_true", help="over k, too")
    parser.add_argument("--jobs", type=int, default=-1)
    parser.add_argument("--folder", type=Path, default=Path("henry-results"))
    options = parser.parse_args()
    if options.full:
        options.structures, options.max_atoms = None, None
        options.splits, options.epochs = 10, 200
    options.folder.mkdir(exist_ok=True)

    start = perf_counter()
    mofs = load_core_mof(
        max_atoms=options.max_atoms,
        subset=options.structures,
        cache=options.folder if options.full else None,
        n_jobs=options.jobs,
        verbose=1,
    )
    loaded = perf_counter()
    how = {"cache": options.folder, "n_jobs": options.jobs, "verbose": 1}
    cleaned = clean_frameworks(mofs.structures, **how)
    structures = [mofs.structures[i] for i in cleaned.kept]
    counted = perf_counter()
    labels = henry_constant(structures, "H2", temperature=options.temperature, **how)
    n = len(labels)
    each = (perf_counter() - counted) / n
    print(f"{len(mofs.structures):,} frameworks read in {loaded - start:.0f} s")
    print(f"cleaned in {counted - loaded:.0f} s: {cleaned}")
    print(f"labels at {options.temperature} K: {each:.2f} s each")

    targets = {"log10(H + 1)": np.log10(labels + 1), "log10(H)": np.log10(labels)}
    for name, y in targets.items():
        print(f"\n{name}, {options.splits} splits of 80/10/10 at random")
        result = compare(
            models(options),
            structures,
            y,
            cv=paper_splits(n, n_repeats=options.splits),
            metrics=["mae", "mae_mad", "r2"],
            n_jobs=options.jobs,
            path=options.folder / "fits",
            verbose=1,
        )
        print(result)
        file = name.replace("(", "_").replace(")", "").replace(" + ", "_plus_")
        result.to_html(options.folder / f"{file}.html", unit="decades")
    if options.sweep:
        sweep(structures, targets["log10(H + 1)"], options)


def models(options: argparse.Namespace) -> dict:
    """The paper's three networks, ours, descriptors, and both together."""
    trained = {"max_epochs": options.epochs, "random_state": 0}
    pores = make_union(
        StructureDescriptors("pores", on_error="nan", n_jobs=options.jobs),
        StructureDescriptors("composition", n_jobs=options.jobs),
    )

    def network(net, **graph):
        return make_pipeline(StructureGraphTransformer(**graph), net)

    return {
        "CGCNN": network(CGCNNRegressor(**trained)),
        "3DGCN": network(GCN3DRegressor(**trained)),
        "k-NAGCN (paper)": network(
            KNAGCNRegressor.as_published(**trained), frames="paper", k=12
        ),
        "k-NAGCN, slots": network(
            KNAGCNRegressor(convolution="slots", n_layers=3, **trained)
        ),
        "k-NAGCN": network(KNAGCNRegressor(**trained)),
        "pores + composition, trees": make_pipeline(
            pores, ExtraTreesRegressor(500, max_features=1 / 3, random_state=0)
        ),
        "hybrid": network(KNAGCNRegressor(**trained), descriptors=pores),
    }


def sweep(structures: list, y: np.ndarray, options: argparse.Namespace) -> None:
    """The error over k, as in Figure 3."""
    search = GridSearchCV(
        make_pipeline(
            StructureGraphTransformer(),
            KNAGCNRegressor(max_epochs=options.epochs, random_state=0),
        ),
        {"structuregraphtransformer__k": [4, 8, 12, 16, 32]},
        cv=KFold(3, shuffle=True, random_state=0),
        scoring="neg_mean_absolute_error",
        refit=False,
    )
    search.fit(structures, y)
    file = options.folder / "k.png"
    SearchDisplay.from_search(search).figure_.savefig(file, dpi=150)
    errors = dict(
        zip(
            [parameters.popitem()[1] for parameters in search.cv_results_["params"]],
            -search.cv_results_["mean_test_score"].round(4),
            strict=True,
        )
    )
    print(f"\nMean absolute error over k: {errors}; drawn in {file}")


if __name__ == "__main__":
    main()
