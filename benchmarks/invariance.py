"""What a change of cell moves, for every set of structures and both frame modes.

Prints tables; exits with 1 if any structure moves with canonical frames.
"""

import sys
from collections.abc import Callable, Sequence
from textwrap import fill

import numpy as np
import pandas as pd
import spglib
from pymatgen.core import Structure
from structure_sets import DATA, all_sets
from table import align, parse_options, report, say
from tqdm import tqdm

from sk_knagcn import StructureGraphTransformer, check_invariance, check_structures
from sk_knagcn.invariance.copies import jittered
from sk_knagcn.invariance.fingerprint import RandomSlotsNetwork
from sk_knagcn.structures import Crystal

K, FARTHER = 12, 32
FRAMES = ("canonical", "paper")
NETWORK = RandomSlotsNetwork(K)
JITTER = 1e-5  # Angstrom: the last digit of a file
NOTICED = 1e-2  # standard deviations
SYMPREC = 0.01  # Angstrom, for spglib

Emit = Callable[[str], None]
Sets = dict[str, list[Structure]]


def main() -> int:
    """Print the tables."""
    options = parse_options(__doc__)
    sets, absent = all_sets(options.structures)

    def write(emit: Emit) -> bool:
        emit(
            f"Invariance for the first {options.structures} structures of every set, "
            f"{K} neighbours.\ns: standard deviation of the network's output (three "
            "random layers over slots,\ndouble precision) over the structures of a set."
        )
        if absent:
            say(f"nothing in {DATA} for: {', '.join(absent)}")
            emit(fill(f"Not at hand: {', '.join(absent)}.", 88))
        passed = other_cells(sets, emit)
        last_digit(sets, emit)
        crystals = {name: check_structures(found) for name, found in sets.items()}
        reduction(crystals, emit)
        symmetries = {
            name: [spglib_symmetry(crystal) for crystal in tqdm(found, name)]
            for name, found in crystals.items()
        }
        mirror_images(crystals, symmetries, emit)
        orbits(crystals, symmetries, emit)
        return passed

    return 0 if report(write, options.output) else 1


def graphs_of(crystals: Sequence[Crystal], **settings: object) -> list:
    """Graphs in double precision, built afresh."""
    transformer = StructureGraphTransformer(K, dtype="float64", cache=None)
    transformer.set_params(**settings)
    return list(transformer.transform(crystals))


def outputs(crystals: Sequence[Crystal], **settings: object) -> np.ndarray:
    """What the network makes of each crystal."""
    return np.array([NETWORK(graph) for graph in graphs_of(crystals, **settings)])


def other_cells(sets: Sets, emit: Emit) -> bool:
    """Parts (a) and (b): rotations, supercells and other cells, and the mirror."""
    tables = []
    for name, structures in sets.items():
        for frames in FRAMES:
            say(f"{name}, {frames} frames")
            transformer = StructureGraphTransformer(K, frames=frames)
            found = check_invariance(transformer, structures, verbose=1)
            moved = found.table.index.isin(found.moved.index)
            tables.append(found.table.assign(set=name, frames=frames, moved=moved))
    table = pd.concat(tables, ignore_index=True)

    emit(
        "\n\nOther cells, orders and positions\n\n"
        "Three rotations with shift and re-ordering, 2x1x1 and 2x2x2 supercells, a "
        "sheared,\na conventional and the Niggli cell, a mirror image (canonical "
        "frames). Largest change\nof a neighbour's coordinate in its atom's frame (A; "
        "inf: another element is in that\nslot) and of the output (s); structures of "
        "which anything moved by more than 1e-6.\n"
    )
    emit(_by("set", table))
    emit("\nThe same by operation, over all sets.\n")
    emit(_by("operation", table))
    moved = table[table["moved"] & (table["frames"] == "canonical")]
    if len(moved):
        emit("\nMoved with canonical frames:\n")
        columns = ["set", "index", "formula", "operation", "coordinates", "output"]
        emit(moved[columns].to_string(index=False))
    return len(moved) == 0


def _by(column: str, table: pd.DataFrame) -> str:
    titles = [column, "n"]
    for frames in FRAMES:
        titles += [f"{frames}: A", "s", "moved"]
    rows = []
    for value, part in table.groupby(column, sort=False):
        row = [value, len(part[["set", "index"]].drop_duplicates())]
        for frames in FRAMES:
            mine = part[part["frames"] == frames]
            moved = mine[mine["moved"]][["set", "index"]].drop_duplicates()
            row += [f"{mine[c].max():.1e}" for c in ("coordinates", "output")]
            row += [len(moved)] if len(mine) else ["-"]
        rows.append([str(cell).replace("nan", "-") for cell in row])
    return align(titles, rows)


def last_digit(sets: Sets, emit: Emit) -> None:
    """Part (c): noise on every coordinate."""
    emit(
        f"\n\nThe last digit of a file\n\nNoise of {JITTER:g} A on every coordinate: "
        f"share of crystals whose output moves by more\nthan {NOTICED:g} s, and the "
        "largest move (s).\n"
    )
    rows = []
    moves: dict[str, list[np.ndarray]] = {frames: [] for frames in FRAMES}
    for name, structures in sets.items():
        crystals = check_structures(structures)
        rng = np.random.default_rng(0)
        noisy = [jittered(crystal, rng, JITTER) for crystal in crystals]
        row: list[object] = [name, len(crystals)]
        for frames in FRAMES:
            say(f"{name}, jitter, {frames} frames")
            before = outputs(crystals, frames=frames)
            move = np.abs(outputs(noisy, frames=frames) - before) / before.std()
            moves[frames].append(move)
            row += [f"{(move > NOTICED).mean():.1%}", f"{move.max():.1e}"]
        rows.append(row)
    every = {frames: np.concatenate(moves[frames]) for frames in FRAMES}
    row = ["all sets", len(every["canonical"])]
    for move in every.values():
        row += [f"{(move > NOTICED).mean():.1%}", f"{move.max():.1e}"]
    rows.append(row)
    titles = ["set", "n"]
    for frames in FRAMES:
        titles += [f"{frames}: share", "largest"]
    emit(align(titles, rows))


def reduction(crystals: dict[str, list[Crystal]], emit: Emit) -> None:
    """Part (d): one atom of each orbit against all atoms."""
    emit(
        "\n\nReduced against full graphs (canonical frames)\n\n"
        "Largest difference of the output of a crystal and of a single atom (both s).\n"
    )
    rows = []
    for name, found in crystals.items():
        say(f"{name}, reduced and full graphs")
        reduced, full = graphs_of(found), graphs_of(found, reduce=False)
        means = [np.array([NETWORK(g) for g in graphs]) for graphs in (reduced, full)]
        spread = means[0].std()
        atoms = [
            np.abs(NETWORK.atom_outputs(a) - NETWORK.atom_outputs(b)).max()
            for a, b in zip(reduced, full, strict=True)
        ]
        crystal = np.abs(means[0] - means[1]).max() / spread
        rows.append([name, len(found), f"{crystal:.1e}", f"{max(atoms) / spread:.1e}"])
    emit(align(["set", "n", "crystal", "atom"], rows))


def spglib_symmetry(crystal: Crystal) -> tuple[int, bool]:
    """Number of orbits, and whether no operation is improper, at the tolerance."""
    fractions = crystal.positions @ np.linalg.inv(crystal.lattice)
    found = spglib.get_symmetry_dataset(
        (crystal.lattice, fractions, crystal.numbers), symprec=SYMPREC
    )
    if found is None:
        return len(crystal), False
    chiral = (np.linalg.det(found.rotations) > 0).all()
    return len(np.unique(found.crystallographic_orbits)), bool(chiral)


def mirror_images(
    crystals: dict[str, list[Crystal]], symmetries: dict, emit: Emit
) -> None:
    """Part (e): with `reflect` mirror images are one crystal, without they are two."""
    emit(
        "\n\nMirror images (canonical frames)\n\n"
        "Crystals whose output moves by more than 1e-6 s when they are mirrored. "
        "Chiral:\nwithout an improper operation at spglib's symprec "
        f"{SYMPREC:g}. Without reflect these move,\nand of the others those whose "
        "mirror symmetry is only as good as their digits;\nlargest: by how much the "
        "others move (s).\n"
    )
    rows = []
    for name, found in crystals.items():
        say(f"{name}, mirror images")
        chiral = np.array([is_chiral for _, is_chiral in symmetries[name]])
        mirrored = [
            Crystal(c.numbers, -c.positions, -c.lattice, c.periodic) for c in found
        ]
        moves = {}
        for reflect in (True, False):
            before = outputs(found, reflect=reflect)
            after = outputs(mirrored, reflect=reflect)
            moves[reflect] = np.abs(after - before) / before.std()
        moved = moves[False] > 1e-6
        rows.append(
            [
                name,
                f"{(moves[True] > 1e-6).sum()} of {len(found)}",
                f"{moved[chiral].sum()} of {chiral.sum()}",
                f"{moved[~chiral].sum()} of {(~chiral).sum()}",
                f"{moves[False][~chiral].max(initial=0):.1e}",
            ]
        )
    titles = ["set", "reflect=True", "reflect=False: chiral", "others", "largest"]
    emit(align(titles, rows))


def orbits(crystals: dict[str, list[Crystal]], symmetries: dict, emit: Emit) -> None:
    """How far symmetry reduces the graphs, beside spglib's count of orbits."""
    emit(
        "\n\nAtoms per stored atom (canonical frames)\n\n"
        f"Beside atoms per crystallographic orbit by spglib at symprec {SYMPREC:g} A; "
        "structures\nwith more (finer) and fewer (coarser) stored atoms than orbits.\n"
    )
    rows, differences = [], []
    for name, found in crystals.items():
        say(f"{name}, orbits")
        stored = np.array([len(graph) for graph in graphs_of(found)])
        theirs = np.array([n_orbits for n_orbits, _ in symmetries[name]])
        atoms = sum(map(len, found))
        finer, coarser = (stored > theirs).sum(), (stored < theirs).sum()
        ours, spg = atoms / stored.sum(), atoms / theirs.sum()
        sizes = [f"{ours:.2f}", f"{spg:.2f}", f"{ours / spg:.3f}"]
        rows.append([name, atoms, *sizes, finer, coarser])
        order = np.argsort(-np.abs(np.log(stored / theirs)), kind="stable")[:5]
        for i in order[stored[order] != theirs[order]]:
            crystal = found[i]
            (farther,) = graphs_of([crystal], k=FARTHER)
            counts = [len(crystal), stored[i], len(farther), theirs[i]]
            differences.append([name, i, crystal.formula, *counts])
    emit(align(["set", "atoms", "ours", "spglib", "ratio", "finer", "coarser"], rows))
    emit(
        f"\nThe five of each set that differ most, with {FARTHER} neighbours as well: "
        "atoms that the\nneighbourhoods do not tell apart are stored as one.\n"
    )
    titles = ["set", "index", "formula", "atoms", "stored", f"k={FARTHER}", "spglib"]
    emit(align(titles, differences))


if __name__ == "__main__":
    sys.exit(main())
