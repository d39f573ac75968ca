"""The models of `compare("default", ...)` on a property that grows with the cell.

Phonon heat capacity of 400 crystals of 2 to 16 atoms, five folds, one core: first as
the value of the cell, then learnt per atom. Structures are read from the folder that
SK_KNAGCN_DATA names; see property_sets.py.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from property_sets import make_structure, read_entries
from table import report, say

from sk_knagcn import compare, default_models

SET, TARGET = "seed_phonon", "cv_cell"
N, FEWEST, MOST = 400, 2, 16  # crystals, and atoms in them
EPOCHS = 30


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--output", type=Path, metavar="PATH")
    options = parser.parse_args()
    torch.set_num_threads(1)
    structures, y = draw()

    def write(emit: Callable[[str], None]) -> bool:
        if not structures:
            emit(f"No file for {SET}.")
            return False
        for per_atom in (False, True):
            say("learnt per atom" if per_atom else "the value of the cell")
            models = default_models(max_epochs=EPOCHS, per_atom=per_atom)
            result = compare(models, structures, y, cv=5, verbose=1)
            emit(f"default_models(max_epochs={EPOCHS}, per_atom={per_atom})\n")
            emit(f"{result}\n")
        return True

    report(write, options.output)


def draw() -> tuple[list, np.ndarray]:
    """Crystals of the chosen sizes, drawn with a fixed seed, and their targets."""
    entries = [e for e in read_entries(SET) if TARGET in e["targets"]]
    sizes = [len(e["structure"]["species"]) for e in entries]
    fitting = [e for e, n in zip(entries, sizes, strict=True) if FEWEST <= n <= MOST]
    chosen = np.random.default_rng(0).permutation(len(fitting))[:N]
    structures = [make_structure(fitting[i]) for i in chosen]
    return structures, np.array([fitting[i]["targets"][TARGET] for i in chosen])


if __name__ == "__main__":
    main()
