"""The crystals that both benchmarks use, as named sets of pymatgen Structures.

Real structures are read from ``<name>.jsonl.gz`` in the folder that the environment
variable SK_KNAGCN_DATA names: one JSON object a line, with ``structure`` holding
``lattice``, ``species`` and ``frac_coords``. Without them pymatgen's AFLOW prototypes,
the MOFs of the package CoRE-MOF and the crystals written out below are left.
"""

import gzip
import json
import os
import tarfile
import warnings
from importlib.resources import as_file, files
from importlib.util import find_spec
from itertools import islice, pairwise
from pathlib import Path

import numpy as np
import pymatgen.analysis
from monty.io import zopen
from pymatgen.core import Lattice, Structure
from table import say

DATA = Path(
    os.environ.get("SK_KNAGCN_DATA")
    or Path(__file__).resolve().parents[2] / "shared" / "data"
)
NAMES = (
    "perov_5",
    "seed_phonon",
    "seed_lattice",
    "mp_binary_elasticity",
    "mp_bandgap",
    "obelix_li_conductivity",
    "core_mof_2019_asr",
    "cof_xe_kr",
)
# The MOFs of the speed benchmark: as many of each of these sizes.
MOF_SIZES = (50, 100, 200, 400, 1000)


def read_set(name: str, n: int) -> list[Structure]:
    """Read the first n structures of a file; none if there is no such file."""
    path = DATA / f"{name}.jsonl.gz"
    if not path.is_file():
        return []
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        entries = [json.loads(line)["structure"] for line in islice(lines, n)]
    return [Structure(e["lattice"], e["species"], e["frac_coords"]) for e in entries]


def all_sets(n: int) -> tuple[dict[str, list[Structure]], list[str]]:
    """Every set there is, n structures of each at most; and the names of the others."""
    say(f"reading {n} structures of each set")
    sets = {name: read_set(name, n) for name in NAMES}
    absent = [name for name, structures in sets.items() if not structures]
    sets["AFLOW prototypes"] = aflow_prototypes(n)
    sets["own crystals"] = list(own_crystals().values())
    return {name: found for name, found in sets.items() if found}, absent


def speed_sets(n: int) -> tuple[dict[str, list[Structure]], list[str]]:
    """Perovskites, mixed crystals and MOFs; and what there is not, or stands in."""
    say(f"reading {n} structures of each set")
    sets, remarks = {}, []
    sets["perovskites"] = read_set("perov_5", n)
    if not sets["perovskites"]:
        del sets["perovskites"]
        remarks.append("No perovskites: there is no file of them.")
    half = n // 2
    mixed = read_set("mp_bandgap", half) + read_set("seed_lattice", n - half)
    sets["mixed crystals"] = mixed
    if not sets["mixed crystals"]:
        sets["mixed crystals"] = aflow_prototypes(n)
        remarks.append("The mixed crystals are pymatgen's AFLOW prototypes.")
    mofs = core_mofs(n)
    if not mofs:
        mofs = [s for s in read_set("core_mof_2019_asr", 2 * n) if len(s) >= 50][:n]
        remarks.append("The package CoRE-MOF is not installed: small MOFs, or none.")
    if mofs:
        sets["MOFs"] = mofs
    return sets, remarks


def aflow_prototypes(n: int) -> list[Structure]:
    """Crystals of many symmetries that come with pymatgen."""
    (folder,) = pymatgen.analysis.__path__
    path = next(Path(folder).rglob("aflow_prototypes.json*"))
    with zopen(path, "rt", encoding="utf-8") as file:
        return [Structure.from_dict(entry["snl"]) for entry in json.load(file)[:n]]


def core_mofs(n: int) -> list[Structure]:
    """MOFs of 50 to 1,000 atoms from CoRE-MOF 2019-ASR, small and large ones alike.

    The files list every atom in a line, so their length tells the size; every seventh
    file is enough to choose from. Reading takes pymatgen seconds to minutes.
    """
    if find_spec("CoRE_MOF") is None:
        return []
    texts = []
    packed = files("CoRE_MOF") / "data" / "2019-ASR.tar.xz"
    with as_file(packed) as path, tarfile.open(path) as archive:
        members = (m for m in archive if m.isfile() and m.name.endswith(".cif"))
        for member in islice(members, 0, None, 7):
            texts.append(archive.extractfile(member).read().decode())
    lengths = np.array([text.count("\n") - 25 for text in texts])
    mofs: list[Structure] = []
    ranges = list(pairwise(MOF_SIZES))
    for part, (low, high) in enumerate(ranges):
        wanted = n * (part + 1) // len(ranges)
        for i in np.flatnonzero((lengths >= low) & (lengths < high)):
            if len(mofs) == wanted:
                break
            mof = _parse(texts[i])
            if mof is not None and low <= len(mof) < high:
                mofs.append(mof)
        say(f"  {len(mofs)} MOFs of up to {high} atoms")
    return mofs


def _parse(cif: str) -> Structure | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pymatgen on rounded coordinates
        try:
            structure = Structure.from_str(cif, fmt="cif")
        except ValueError:
            return None
    return structure if structure.is_ordered else None


def own_crystals() -> dict[str, Structure]:
    """Crystals with many ties, written out from their space groups."""
    cubic, hexagonal = Lattice.cubic, Lattice.hexagonal
    third = [1 / 3, 2 / 3]
    layer = 3.615 / 2 / 20  # distance of two layers of the slab, over its height
    groups = {
        "fcc": ("Fm-3m", cubic(3.615), {"Cu": [0, 0, 0]}),
        "bcc": ("Im-3m", cubic(2.866), {"Fe": [0, 0, 0]}),
        "hcp": ("P6_3/mmc", hexagonal(3.209, 5.211), {"Mg": [*third, 0.25]}),
        "diamond": ("Fd-3m", cubic(3.567), {"C": [0, 0, 0]}),
        "rocksalt": ("Fm-3m", cubic(5.64), {"Na": [0, 0, 0], "Cl": [0.5] * 3}),
        "perovskite": (
            "Pm-3m",
            cubic(3.905),
            {"Sr": [0, 0, 0], "Ti": [0.5] * 3, "O": [0.5, 0.5, 0]},
        ),
        # pymatgen puts the origin of Fd-3m on the site of diamond's atoms.
        "spinel": (
            "Fd-3m",
            cubic(8.083),
            {"Mg": [0, 0, 0], "Al": [0.625] * 3, "O": [0.3873] * 3},
        ),
        "wurtzite": (
            "P6_3mc",
            hexagonal(3.823, 6.261),
            {"Zn": [*third, 0], "S": [*third, 0.3748]},
        ),
        "quartz P3_121": (
            "P3_121",
            hexagonal(4.913, 5.405),
            {"Si": [0.4697, 0, 1 / 3], "O": [0.4135, 0.2669, 0.2142]},
        ),
        "quartz P3_221": (
            "P3_221",
            hexagonal(4.913, 5.405),
            {"Si": [0.4697, 0, 2 / 3], "O": [0.4135, 0.2669, 0.7858]},
        ),
    }
    crystals = {
        name: Structure.from_spacegroup(
            group, lattice, list(atoms), list(atoms.values())
        )
        for name, (group, lattice, atoms) in groups.items()
    }
    crystals["graphite"] = Structure.from_spacegroup(
        "P6_3/mmc", hexagonal(2.461, 6.708), ["C", "C"], [[0, 0, 0.25], [*third, 0.25]]
    )
    crystals["slab with vacuum"] = Structure.from_spacegroup(
        "P4/mmm",
        Lattice.tetragonal(3.615 / 2**0.5, 20),
        ["Cu", "Cu", "Cu"],
        [[0, 0, 0.5], [0.5, 0.5, 0.5 + layer], [0, 0, 0.5 + 2 * layer]],
    )
    crystals["substituted supercell"] = crystals["rocksalt"] * (2, 2, 2)
    crystals["substituted supercell"].replace(0, "K")
    return crystals


def symmetric_sets() -> dict[str, list[Structure]]:
    """Diamond, fcc and rocksalt in cells small and large.

    Each with many lattice constants: equal structures would be built only once.
    """
    crystals = own_crystals()
    sets = {}
    for name in ("diamond", "fcc", "rocksalt"):
        cells = {
            "primitive": crystals[name].get_primitive_structure(),
            "conventional": crystals[name],
            "4x4x4": crystals[name] * (4, 4, 4),
        }
        for cell, structure in cells.items():
            n = max(2, min(100, 1000 // len(structure)))
            sets[f"{name}, {cell}"] = [
                structure.copy().scale_lattice(structure.volume * (1 + 1e-3 * i))
                for i in range(n)
            ]
    return sets


def displaced(structure: Structure, seed: int = 0, size: float = 0.1) -> Structure:
    """Move every atom at random (in Angstrom), so that no symmetry is left."""
    noise = np.random.default_rng(seed).normal(scale=size, size=(len(structure), 3))
    return Structure(
        structure.lattice,
        structure.species,
        structure.cart_coords + noise,
        coords_are_cartesian=True,
    )
