"""How much a random five-fold split of real sets leaks, and how long it takes to say.

For each set: how many groups there are of each kind, how long it takes to find them,
and the share of test structures that have something in common with the training part.

Structures are read from the folder that SK_KNAGCN_DATA names; see structure_sets.py.
"""

import argparse
import time
import warnings
from pathlib import Path

import numpy as np
from sklearn.model_selection import KFold
from structure_sets import read_set
from table import align, report, say

from sk_knagcn import leakage_report, structure_groups

SETS = {  # name of the file, and how many structures of it
    "perov_5": 5_000,
    "seed_phonon": 2_000,
    "mp_binary_elasticity": 2_000,
    "core_mof_2019_asr": 1_000,
}
KINDS = ["formula", "chemical_system", "prototype", "duplicates"]
TITLES = ("set", "kind", "groups", "largest", "seconds", "shared", "lowest", "highest")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="50 structures of each")
    parser.add_argument("--output", type=Path, metavar="PATH")
    options = parser.parse_args()
    warnings.simplefilter("ignore", UserWarning)  # structures without a space group

    def write(emit) -> bool:
        emit("Five random folds. Shared: of test structures, with the training part.")
        rows = []
        for name, most in SETS.items():
            structures = read_set(name, 50 if options.quick else most)
            if structures:
                say(f"{name}: {len(structures)} structures")
                rows += set_rows(f"{name} ({len(structures):,})", structures)
            else:
                emit(f"There is no file of {name}.")
        emit("\n" + align(TITLES, rows))
        return True

    report(write, options.output)


def set_rows(name: str, structures: list) -> list[tuple[str, ...]]:
    """Groups, times and shares of one set."""
    structure_groups(structures[:2], "duplicates")  # what numba compiles is not timed
    cv = KFold(5, shuffle=True, random_state=0)
    summary = leakage_report(structures, cv).summary
    rows = []
    for kind in KINDS:
        begin = time.perf_counter()
        groups = structure_groups(structures, kind)
        seconds = time.perf_counter() - begin
        sizes = np.bincount(groups)
        shares = [f"{100 * share:.1f} %" for share in summary.loc[kind]]
        numbers = f"{len(sizes):,}", f"{sizes.max():,}", f"{seconds:.1f}"
        rows.append((name, kind, *numbers, *shares))
        name = ""
    return rows


if __name__ == "__main__":
    main()
