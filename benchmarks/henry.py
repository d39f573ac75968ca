"""Henry constants: speed on MOFs, true beside estimated errors, published values.

MOFs and COFs come from core_mof_2019_asr.jsonl.gz and cof_xe_kr.jsonl.gz in the folder
that SK_KNAGCN_DATA names (see structure_sets.py).
"""

import os

# One thread for everybody, before anything is imported that could start more.
os.environ.update(
    {f"{lib}_NUM_THREADS": "1" for lib in ("OMP", "OPENBLAS", "MKL", "NUMBA")}
)

import gzip
import json
import sys
import warnings
from collections.abc import Callable
from time import process_time

import numpy as np
from pymatgen.core import Structure
from structure_sets import DATA
from table import align, parse_options, report, say

from sk_knagcn import check_structures
from sk_knagcn.labels import Gas, henry_constant
from sk_knagcn.labels.energy import sum_along_lines
from sk_knagcn.labels.force_field import mix, read_uff
from sk_knagcn.labels.gases import BUILT_IN
from sk_knagcn.labels.images import Surroundings, surround
from sk_knagcn.structures import Crystal

MOST = 60  # structures of each set
CUTOFF = 12.9
SHAPE = (24, 24, 24)  # of the grid that plain numpy sums over, too
PAIRS_AT_ONCE = 4_000_000  # in plain numpy, to spare memory
Emit = Callable[[str], None]
Entry = tuple[Crystal, dict[str, float]]


def main() -> int:
    """Print the tables."""
    options = parse_options(__doc__)
    n = min(options.structures, MOST)
    mofs, cofs = read("core_mof_2019_asr", n), read("cof_xe_kr", n)

    def write(emit: Emit) -> bool:
        if mofs:
            crystals = [crystal for crystal, _ in mofs]
            henry_constant(crystals[:1], cache=None)  # compiles
            speed(crystals, emit)
            dense(crystals[: max(3, n // 6)], emit)
            honesty(crystals, emit)
        if cofs:
            published(cofs, emit)
        return True

    report(write, options.output)
    return 0


def read(name: str, n: int) -> list[Entry]:
    """Read n random structures of a file with their targets; none without the file."""
    path = DATA / f"{name}.jsonl.gz"
    if not path.is_file():
        say(f"no {path.name}: left out")
        return []
    with gzip.open(path, "rt", encoding="utf-8") as file:
        lines = file.readlines()
    chosen = np.random.default_rng(0).permutation(len(lines))[:n]
    entries = [json.loads(lines[i]) for i in chosen]
    structures = [
        Structure(e["lattice"], e["species"], e["frac_coords"])
        for e in (entry["structure"] for entry in entries)
    ]
    targets = [entry["targets"] for entry in entries]
    return list(zip(check_structures(structures), targets, strict=True))


def speed(crystals: list[Crystal], emit: Emit) -> None:
    """Seconds per MOF, for three gases and tolerances."""
    rows = []
    for gas in ("H2", "Ar", "Xe"):
        for tolerance in (0.03, 0.01, 0.001):
            say(f"speed: {gas}, {tolerance}")
            start = process_time()
            table = henry_constant(
                crystals, gas, tolerance=tolerance, return_details=True, cache=None
            )
            seconds = (process_time() - start) / len(crystals)
            points = f"{table['n_points'].median():,.0f}"
            hours = f"{10_000 * seconds / 3600:.2f}"
            rows.append([gas, tolerance, f"{seconds:.3f}", points, hours])
    atoms = np.mean([len(crystal) for crystal in crystals])
    emit(
        f"Henry constants of {len(crystals)} random MOFs of {atoms:.0f} atoms on "
        "average, 298.15 K,\ncut-off 12.9 A, one core, compiled before\n"
    )
    titles = ["gas", "tolerance", "s per MOF", "points (median)", "hours for 10,000"]
    emit(align(titles, rows))


def dense(crystals: list[Crystal], emit: Emit) -> None:
    """The same sums over the same points in plain numpy."""
    say("plain numpy")
    ours = theirs = 0.0
    differences = []
    for crystal in crystals:
        kinds, pairs = mix(
            crystal.numbers, read_uff(), BUILT_IN["H2"], 298.15, CUTOFF, False
        )
        around = surround(crystal, kinds, np.ones(len(crystal), dtype=bool), CUTOFF)
        y, z = np.meshgrid(np.arange(SHAPE[1]), np.arange(SHAPE[2]))
        # Aside of the corners, where plain numpy may meet an atom and divide by zero.
        grid = np.stack([0 * y + 0.2, y + 0.3, z + 0.4], axis=-1).reshape(-1, 3)
        starts, step = grid / SHAPE @ around.cell, around.cell[0, 0] / SHAPE[0]
        wells = pairs.sixths, pairs.wells, pairs.lifts, pairs.cores
        begin = process_time()
        sums = sum_along_lines(
            starts, SHAPE[0], step, around.points, around.kinds, *wells, CUTOFF
        )
        ours += process_time() - begin
        along = np.arange(SHAPE[0])[:, None, None] * [step, 0, 0]
        begin = process_time()
        total = sum_densely((starts + along).reshape(-1, 3), around, *wells[:2])
        theirs += process_time() - begin
        differences.append(abs(sums[:, 0].sum() / total - 1))
    emit(
        f"\n\nThe same sum over {np.prod(SHAPE):,} points in {len(crystals)} of them, "
        "in plain numpy: all points\nagainst all images within the cut-off of the "
        f"cell. Largest relative difference {np.max(differences):.0e}.\n"
    )
    per = len(crystals)
    row = [f"{ours / per:.4f}", f"{theirs / per:.2f}", f"{theirs / ours:.0f}"]
    emit(align(["", "ours, s", "numpy, s", "ratio"], [["per MOF", *row]]))


def sum_densely(
    points: np.ndarray, around: Surroundings, sixths: np.ndarray, wells: np.ndarray
) -> float:
    """Sum of Boltzmann factors, a chunk of points at a time."""
    sixth, well = sixths[around.kinds], wells[around.kinds]
    total = 0.0
    for part in np.array_split(
        points, 1 + len(points) * len(around.points) // PAIRS_AT_ONCE
    ):
        apart = part[:, None] - around.points
        squares = np.einsum("ijk,ijk->ij", apart, apart)
        ratio = sixth / squares**3
        energy = np.where(squares < CUTOFF**2, well * (ratio * ratio - ratio), 0)
        total += np.exp(-energy.sum(axis=1)).sum()
    return total


def honesty(crystals: list[Crystal], emit: Emit) -> None:
    """True errors beside the estimated ones."""
    rows = []
    for gas in ("H2", "Xe"):
        say(f"errors: {gas}")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exact = henry_constant(crystals, gas, tolerance=1e-4, return_details=True)
        for tolerance in (0.03, 0.01, 0.003):
            table = henry_constant(
                crystals, gas, tolerance=tolerance, return_details=True
            )
            estimated = table["relative_error"]
            true = abs(table.iloc[:, 0] / exact.iloc[:, 0] - 1)
            larger = (true > estimated + exact["relative_error"]).sum()
            cells = [f"{true.median():.0e}", f"{true.max():.1e}"]
            cells += [f"{estimated.median():.0e}", f"{estimated.max():.1e}"]
            rows.append([gas, tolerance, *cells, f"{larger} of {len(true)}"])
    emit(
        "\n\nRelative errors on these MOFs, true (beside a tolerance of 1e-4) and "
        "estimated\n"
    )
    both = ["true, median", "largest", "estimated, median", "largest"]
    emit(align(["gas", "tolerance", *both, "true is larger"], rows))


def published(cofs: list[Entry], emit: Emit) -> None:
    """Deviation from the published values of COFs, for several parameters."""
    uff = read_uff()
    crystals = [crystal for crystal, _ in cofs]
    rows = []
    for label, cutoff in (("UFF", 14.0), ("UFF", 12.9), ("built in", 14.0)):
        for name in ("Xe", "Kr"):
            say(f"COFs: {name}, {label}, {cutoff}")
            gas = Gas(*uff[name]) if label == "UFF" else BUILT_IN[name]
            found = henry_constant(
                crystals, gas, temperature=298.0, cutoff=cutoff, unit="mol/kg/Pa"
            )
            expected = np.array([targets[f"log10_KH_{name}"] for _, targets in cofs])
            off = np.log10(found) - expected
            cells = [f"{off.mean():+.4f}", f"{off.std():.4f}", f"{abs(off).max():.4f}"]
            rows.append([name, label, cutoff, *cells])
    emit(
        f"\n\nlog10 of Henry's constant in mol/(kg Pa) of {len(cofs)} random COFs less "
        "the published one\n(SimonEnsemble/multi-fidelity-BO-of-COFs-for-Xe-Kr-seps: "
        "UFF for atoms and gases, 298 K,\nrandom insertions)\n"
    )
    titles = ["gas", "its parameters", "cut-off, A", "mean", "spread", "largest"]
    emit(align(titles, rows))


if __name__ == "__main__":
    sys.exit(main())
