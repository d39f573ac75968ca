"""What networks see of a crystal, and what expressive power, range and readout change.

Gong et al. (Science Advances 9, eadi3245, 2023) found that graph networks do not learn
the lengths of the lattice and the number of atoms, and named three causes. Each has an
experiment here: one setting is changed, all others stay, and every network is trained
to predict lattice lengths and the like of crystals from the Materials Project, in the
cells of the paper's tables. Structures are read from the folder that SK_KNAGCN_DATA
names; see property_sets.py.
"""

import argparse
from collections.abc import Callable
from pathlib import Path
from textwrap import fill
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
import torch
from property_sets import make_structure, read_entries
from sklearn.ensemble import RandomForestRegressor
from sklearn.pipeline import make_pipeline
from table import align, report, say

from sk_knagcn import (
    CGCNNRegressor,
    GCN3DRegressor,
    KNAGCNRegressor,
    StructureDescriptors,
    StructureGraphTransformer,
    probe,
)
from sk_knagcn.descriptors import descriptor_kind

FILE = "seed_lattice"
DESCRIPTORS = {  # and what they are called in the tables
    "volume_per_atom": "V/atom",
    "a": "a",
    "b": "b",
    "c": "c",
    "crystal_system_int": "system",
    "natoms": "atoms",
    "structural_complexity_per_cell": "complexity",
}
MOST_ATOMS = 100
# A few entries are atoms far from each other: caesium, the widest metal, has 116.
MOST_VOLUME = 200  # cubic Angstrom per atom
# The middle of all experiments: three layers, twelve neighbours, mean over the atoms.
USUAL: dict[str, Any] = {"n_layers": 3, "k": 12, "readout": "mean"}
NETWORKS = {
    "CGCNN": CGCNNRegressor(),
    "3DGCN": GCN3DRegressor(),
    "slots": KNAGCNRegressor(convolution="slots"),
    "moments": KNAGCNRegressor(),
}
# One by one, away from the middle.
RANGES = [{"k": 4}, {"k": 24}, {"n_layers": 1}, {"n_layers": 4}]
READOUTS = [{"readout": name} for name in ("attention", "max", "sum")]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--train", type=int, default=1_000, metavar="N")
    parser.add_argument("--test", type=int, default=1_000, metavar="N")
    parser.add_argument("--epochs", type=int, default=25, metavar="N")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, metavar="PATH")
    options = parser.parse_args()
    torch.set_num_threads(1)
    report(lambda emit: write(emit, options), options.output)


def write(emit: Callable[[str], None], options: argparse.Namespace) -> bool:
    """Probe everything, and print a table for each cause."""
    structures, table = read_crystals(options.train + options.test)
    if not structures:
        emit(f"No file {FILE}.")
        return False
    split = np.split(np.arange(len(structures)), [options.train])
    text = (
        f"R2 of descriptors, predicted for {len(split[1]):,} crystals after "
        f"{len(split[0]):,} others; at most {MOST_ATOMS} atoms, and "
        f"{MOST_VOLUME} cubic Angstrom each; a is the longest side of the cell, c the "
        "shortest. "
        f"{options.epochs} epochs, seed {options.seed}. Unless the table says "
        "otherwise, one network for all descriptors, 3 layers, k=12, mean over the "
        "atoms."
    )
    emit(fill(text, 88))
    say("graphs")
    graphs = StructureGraphTransformer(k=24).transform(structures)
    done: dict[str, pd.DataFrame] = {}

    def score(name: str, **changes: Any) -> pd.DataFrame:
        """Probe a network; what is in two tables, once."""
        settings = {**USUAL, **changes}
        key = f"{name} {settings}"
        if key not in done:
            network = NETWORKS[name].set_params(
                **settings, max_epochs=options.epochs, random_state=options.seed
            )
            start = perf_counter()
            done[key] = probe(network, graphs, table, cv=[split]).table
            say(f"{key}: {perf_counter() - start:.0f} s")
        return done[key]

    forest = make_pipeline(
        StructureDescriptors("composition"),
        RandomForestRegressor(max_features=1 / 3, random_state=options.seed),
    )
    scores = {
        "forest on the composition": probe(
            forest, structures, table, cv=[split], joint=False
        ).table,
        **{name: score(name) for name in NETWORKS},
    }
    emit("\nLocal expressive power, from none to more")
    emit(lay_out(scores))
    emit("\nThe same, mean absolute error over mean absolute deviation")
    emit(lay_out(scores, "mae_mad"))
    for title, variants in (("Range", RANGES), ("Readout", READOUTS)):
        scores = {}
        for name in ("CGCNN", "moments"):
            for change in ({}, *variants):
                text = ", ".join(f"{key}={value}" for key, value in change.items())
                scores[f"{name}, {text or 'unchanged'}"] = score(name, **change)
        emit(f"\n{title}")
        emit(lay_out(scores))
    return True


def read_crystals(n: int) -> tuple[list[Any], pd.DataFrame]:
    """Read n crystals, in random order, and their published descriptors."""
    entries = [
        entry
        for entry in read_entries(FILE)
        if entry["targets"]["natoms"] <= MOST_ATOMS
        and entry["targets"]["volume_per_atom"] <= MOST_VOLUME
    ]
    order = np.random.default_rng(0).permutation(len(entries))[:n]
    chosen = [entries[i] for i in order]
    table = pd.DataFrame([entry["targets"] for entry in chosen])
    return [make_structure(entry) for entry in chosen], table.reindex(
        columns=list(DESCRIPTORS)
    )


def lay_out(scores: dict[str, pd.DataFrame], score: str = "r2") -> str:
    """One row for each network, one column for each descriptor."""
    titles = ["", *DESCRIPTORS.values()]
    kinds = ["", *map(descriptor_kind, DESCRIPTORS)]
    rows = [
        [
            name,
            *table.set_index("descriptor")[score][list(DESCRIPTORS)].map(
                "{:.2f}".format
            ),
        ]
        for name, table in scores.items()
    ]
    return align(titles, [kinds, *rows])


if __name__ == "__main__":
    main()
