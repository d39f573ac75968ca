"""The structures and targets of the training benchmarks, with their fixed splits.

Read from the folder that SK_KNAGCN_DATA names (see structure_sets.py). Splits are the
published ones where a file has them, else random with a fixed seed.
"""

import gzip
import json
from dataclasses import dataclass

import numpy as np
from pymatgen.core import Structure
from structure_sets import DATA

SEED = 0


@dataclass(frozen=True)
class Task:
    """Structures, one target, and which of them to learn from."""

    name: str
    structures: list[Structure]
    y: np.ndarray
    train: np.ndarray
    test: np.ndarray
    grows: bool = False  # with the number of atoms in the cell

    @property
    def spread(self) -> float:
        """Mean absolute deviation of the test targets from the training mean."""
        return float(abs(self.y[self.test] - self.y[self.train].mean()).mean())


# Name: file, target, share of the test part or name of the split, unit factor, grows.
TASKS = {
    "perovskites heat (eV)": ("perov_5", "heat_ref", 0.2, 1.0, False),
    "elasticity log10 K": ("mp_binary_elasticity", "log10_K", 0.2, 1.0, False),
    "elasticity log10 G": ("mp_binary_elasticity", "log10_G", 0.2, 1.0, False),
    "phonons Cv (J/mol K)": ("seed_phonon", "cv_cell", "cv", 1.0, True),
    "phonons U (kJ/mol)": (
        "seed_phonon",
        "internal_energy_cell",
        "internal_energy",
        1e-3,
        True,
    ),
    "COFs log10 K_H Xe": ("cof_xe_kr", "log10_KH_Xe", 0.2, 1.0, False),
    "COFs log10 K_H Kr": ("cof_xe_kr", "log10_KH_Kr", 0.2, 1.0, False),
    "Li conductivity log10": (
        "obelix_li_conductivity",
        "log10_ionic_conductivity",
        "",
        1.0,
        False,
    ),
    "MOFs void fraction": ("core_mof_2019_asr", "void_fraction", 0.2, 1.0, False),
    "MOFs PLD (A)": ("core_mof_2019_asr", "PLD", 0.2, 1.0, False),
}
MORE_TASKS = {  # for optimizers.py
    "band gap (eV)": ("mp_bandgap", "gap_pbe", 0.2, 1.0, False),
}
MOST = {"core_mof_2019_asr": 1_500}  # structures taken of the largest set


def read_task(name: str, most: int | None = None) -> Task | None:
    """Read a task, of so many structures if they are many; None without its file."""
    file, target, split, factor, grows = {**TASKS, **MORE_TASKS}[name]
    entries = [entry for entry in read_entries(file) if target in entry["targets"]]
    if not entries:
        return None
    if isinstance(split, str):
        parts = [_part(entry, split) for entry in entries]
        train = np.flatnonzero([part == "train" for part in parts])
        test = np.flatnonzero([part == "test" for part in parts])
    else:
        order = np.random.default_rng(SEED).permutation(len(entries))
        order = order[: most or MOST.get(file, len(order))]
        n_test = round(split * len(order))
        train, test = np.sort(order[n_test:]), np.sort(order[:n_test])
    used = np.concatenate([train, test])
    structures = [make_structure(entries[i]) for i in used]
    y = factor * np.array([entries[i]["targets"][target] for i in used], dtype=float)
    places = np.arange(len(used))
    n = len(train)
    return Task(name, structures, y, places[:n], places[n:], grows)


def _part(entry: dict, split: str) -> str:
    found = entry["split"]
    return found if isinstance(found, str) else found.get(split, "")


def read_entries(file: str) -> list[dict]:
    """Read the lines of a file; none if there is no such file."""
    path = DATA / f"{file}.jsonl.gz"
    if not path.is_file():
        return []
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def make_structure(entry: dict) -> Structure:
    """Make the structure of an entry."""
    found = entry["structure"]
    return Structure(found["lattice"], found["species"], found["frac_coords"])
