"""
Phonons: heat capacity and internal energy
==========================================

S. Gong et al., Science Advances 9, eadi3245 (2023), find that graph networks do not
capture periodicity, and that 28 hand-made descriptors after the readout make the errors
of phonon properties of a cell 90 % smaller. Both properties grow with the cell, which a
network that averages over its atoms cannot see. So the number of atoms alone, and a
readout that sums over atoms, run beside the cure, and so do trees on descriptors, per
cell and per atom.

``--file`` takes JSON lines with the targets named below, per cell; a line may say under
"split" which part it belongs to, "train" or "test", as one word or by target. Without
splits, a fifth is drawn at random to test. Without a file the crystals are made up, and
what they have to learn is their electrostatic energy per cell, which grows likewise.
"""

# %%
# What came out
# -------------
#
# All crystals of the file and its published splits, 60 epochs, one seed:
#
# .. literalinclude:: ../../../benchmarks/results/experiment_phonons.txt
#    :language: text
#
# * The claim holds: with the 28 the same network is 94 % below CGCNN, for both.
# * Most of it is one column, the number of atoms, and a sum over atoms needs no cure:
#   nothing is better by more than its interval, and the 28 do not help it.
# * Trees on descriptors are a fair baseline only per atom.
#
# Our CGCNN is better than the published one (MAE / MAD 0.61 and 0.62 against 0.76 and
# 0.71), which makes the claim harder to meet. :doc:`Descriptors inside a network
# </guide/hybrids>` has the same with two seeds and more trees.

# %%
# The script
# ----------

import argparse
from pathlib import Path

import numpy as np
from sklearn.ensemble import RandomForestRegressor
from sklearn.impute import SimpleImputer
from sklearn.model_selection import ShuffleSplit
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import FunctionTransformer

from sk_knagcn import (
    CGCNNRegressor,
    KNAGCNRegressor,
    PerAtomRegressor,
    StructureDescriptors,
    StructureGraphTransformer,
    compare,
)
from sk_knagcn.datasets import load_json_lines, make_prototype_crystals

# The target, its name among the splits, and its unit.
TARGETS = {
    "cv_cell": ("cv", "J/(mol K)"),
    "internal_energy_cell": ("internal_energy", "J/mol"),
}
# MAE over mean absolute deviation: CGCNN alone, and how much less with the descriptors.
THEIR_CGCNN = {"cv_cell": 0.76, "internal_energy_cell": 0.71}
THEIR_CURE = 0.9


def main() -> None:
    """Load, compare, and set beside the claim."""
    parser = argparse.ArgumentParser(
        description=__doc__.partition("==\n\n")[2],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--file", type=Path, help="JSON lines")
    parser.add_argument("--targets", nargs="+", choices=TARGETS, default=[*TARGETS])
    parser.add_argument("--crystals", type=int, default=600, help="made, if no file")
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--jobs", type=int, default=-1)
    parser.add_argument("--folder", type=Path, default=Path("phonon-results"))
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)

    if options.file:
        tasks = read_tasks(options.file, options.targets)
    else:
        tasks = made_up(options.crystals)
    for name, structures, y, (train, test), unit in tasks:
        result = compare(
            models(options),
            structures,
            y,
            cv=[(train, test)],
            metrics=["mae", "mae_mad", "r2"],
            n_jobs=options.jobs,
            path=options.folder / "fits",
            verbose=1,
        )
        table = result.summary()
        errors = result.table["mae"]
        below = 1 - errors / errors["CGCNN"]
        table.insert(1, "below CGCNN", [f"{share:.0%}" for share in below])
        print(f"\n{name}, {unit}: {len(train):,} to learn from, {len(test):,} to test")
        print(f"{options.epochs} epochs\n{table.to_string()}")
        if name in THEIR_CGCNN:
            print(
                f"Gong et al.: CGCNN has a MAE / MAD of {THEIR_CGCNN[name]}, and "
                f"{THEIR_CURE:.0%} less with the 28."
            )
        result.to_html(options.folder / f"{name}.html", unit=unit)


def read_tasks(file: Path, targets: list[str]):
    """Each target of the file, with its own split."""
    data = load_json_lines(file, targets=targets, verbose=1)
    if len(data.refused):
        print(f"cannot be read:\n{data.refused.to_string(index=False)}")
    for name, y in zip(targets, data.target.T, strict=True):
        split, unit = TARGETS[name]
        parts = np.array([part_of(line, split) for line in data.others])
        known = np.isfinite(y)
        if not (parts != "").any():
            yield name, *at_random(data.structures, y, known), unit
            continue
        used = np.flatnonzero(known & (parts != ""))
        structures = [data.structures[i] for i in used]
        folds = [np.flatnonzero(parts[used] == part) for part in ("train", "test")]
        yield name, structures, y[used], folds, unit


def part_of(line: dict, split: str) -> str:
    """The part that a line says it belongs to, or nothing."""
    said = line.get("split", "")
    return said if isinstance(said, str) else said.get(split, "")


def at_random(structures: list, y: np.ndarray, known: np.ndarray):
    """Those with a target, four fifths of them to learn from."""
    used = np.flatnonzero(known)
    splitter = ShuffleSplit(1, test_size=0.2, random_state=0)
    return [structures[i] for i in used], y[used], next(splitter.split(used))


def made_up(n: int):
    """A property that grows with the cell and needs no file."""
    crystals = make_prototype_crystals(n, target="madelung_energy", random_state=0)
    sizes = np.array([len(structure) for structure in crystals.structures])
    y = crystals.target * sizes
    yield (
        "electrostatic energy of made-up crystals",
        *at_random(crystals.structures, y, np.isfinite(y)),
        "eV",
    )


def models(options: argparse.Namespace) -> dict:
    """Networks with and without what tells them the size of a cell, and trees."""
    trained = {"max_epochs": options.epochs, "random_state": 0}

    def described(preset: str):
        return StructureDescriptors(preset, on_error="nan", cache=options.folder)

    def network(descriptors=None, **parameters):
        return make_pipeline(
            StructureGraphTransformer(descriptors=descriptors),
            KNAGCNRegressor(**trained, **parameters),
        )

    the_28 = described("periodicity")
    count = FunctionTransformer(count_atoms)
    trees = make_pipeline(
        make_union(the_28, described("composition")),
        SimpleImputer(keep_empty_features=True),
        RandomForestRegressor(300, max_features=1 / 3, random_state=0),
    )
    return {
        "CGCNN": make_pipeline(StructureGraphTransformer(), CGCNNRegressor(**trained)),
        "k-NAGCN": network(),
        "k-NAGCN, number of atoms": network(count),
        "k-NAGCN, the 28": network(the_28),
        "k-NAGCN, sum": network(readout="sum"),
        "k-NAGCN, sum, the 28": network(the_28, readout="sum"),
        "trees": trees,
        "trees, per atom": PerAtomRegressor(trees),
    }


def count_atoms(structures: list) -> np.ndarray:
    """The number of atoms in each cell: a table of one column."""
    return np.array([[len(structure)] for structure in structures], dtype=float)


if __name__ == "__main__":
    main()
