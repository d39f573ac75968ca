"""How fast data load: CIF files of MOFs, a cache of them, a folder with broken files.

Rates are per second of processor time on one core, so that a busy machine does not
count. The MOFs are those of the package CoRE-MOF; the folder is made up, see
cif_folders.py.
"""

import argparse
import gc
import tarfile
import warnings
from collections.abc import Callable
from importlib.resources import as_file, files
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

import numpy as np
from cif_folders import write_folder
from pymatgen.core import Element, Lattice, Structure
from pymatgen.io.cif import CifParser
from table import align, report, say

from sk_knagcn.datasets import load_cif_folder
from sk_knagcn.datasets.assembly import make_structure, paused_collector
from sk_knagcn.datasets.cif_files import read_cifs

ROUNDS = 3  # the best of so many
TITLES = ("structures", "n", "per second", "us per atom")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--mofs", type=int, default=600, metavar="N")
    parser.add_argument("--parsed", type=int, default=40, help="by pymatgen")
    parser.add_argument("--files", type=int, default=10_000, metavar="N")
    parser.add_argument("--output", type=Path, metavar="PATH")
    options = parser.parse_args()
    warnings.simplefilter("ignore")

    def write(emit) -> bool:
        if find_spec("CoRE_MOF"):
            mofs(emit, options.mofs, options.parsed)
        else:
            emit("The package CoRE-MOF is not installed: no MOFs.")
        folder(emit, options.files)
        return True

    report(write, options.output)


def mofs(emit, n: int, n_parsed: int) -> None:
    """Rates of reading and making the same MOFs in several ways."""
    say(f"unpacking {n} MOFs")
    texts = random_texts(n)
    names = [str(i) for i in range(n)]
    made = list(read_cifs(names, texts, None, 0))
    parts = [
        (s.lattice, np.array(s.atomic_numbers, dtype=np.uint8), s.frac_coords)
        for s in made
    ]
    elements = {z: Element.from_Z(z) for z in range(1, 104)}
    some = made[:n_parsed]
    atoms, some_atoms = (sum(map(len, structures)) for structures in (made, some))
    dicts = [structure.as_dict() for structure in some]

    def by_constructor() -> list:
        return [
            Structure(Lattice(cell.matrix), [elements[z] for z in numbers.tolist()], at)
            for cell, numbers, at in parts
        ]

    def here(part=parts) -> list:
        return [make_structure(Lattice(cell.matrix), *rest) for cell, *rest in part]

    def here_without_collector() -> list:
        with paused_collector():
            return here()

    def by_parser() -> list:
        strings = [text.decode() for text in texts[:n_parsed]]
        return [CifParser.from_str(text).parse_structures()[0] for text in strings]

    rows = [
        row("CIF: pymatgen's parser", by_parser, n_parsed, some_atoms),
        row(
            "CIF: load_core_mof", lambda: [*read_cifs(names, texts, None, 0)], n, atoms
        ),
        row(
            "Structure.from_dict",
            lambda: [*map(Structure.from_dict, dicts)],
            n_parsed,
            some_atoms,
        ),
        row("Structure(lattice, species, coords)", by_constructor, n, atoms),
        row("make_structure", here, n, atoms),
        row("the same, collector paused (the cache)", here_without_collector, n, atoms),
    ]
    small = [part for part in parts if len(part[1]) <= 128]
    few = sum(len(numbers) for _, numbers, _ in small)
    with paused_collector():
        rows.append(
            row("of these, up to 128 atoms", lambda: here(small), len(small), few)
        )
    emit(f"{n} random MOFs of CoRE MOF 2019-ASR, {atoms / n:.0f} atoms on average\n")
    emit(align(TITLES, rows))


def random_texts(n: int) -> list[bytes]:
    """CIF files drawn at random from the archive of the package."""
    packed = files("CoRE_MOF") / "data" / "2019-ASR.tar.xz"
    with as_file(packed) as path, tarfile.open(path) as archive:
        members = [member for member in archive if member.name.endswith(".cif")]
        drawn = np.random.default_rng(0).permutation(len(members))[:n]
        texts = {i: archive.extractfile(members[i]).read() for i in sorted(drawn)}
    return [texts[i] for i in drawn]


def row(name: str, make: Callable[[], list], n: int, atoms: int) -> tuple[str, ...]:
    """The best of some rounds."""
    say(name)
    seconds = []
    for _ in range(ROUNDS):
        gc.collect()
        start = process_time()
        make()
        seconds.append(process_time() - start)
    best = min(seconds)
    return name, f"{n:,}", f"{n / best:,.0f}", f"{1e6 * best / atoms:.2f}"


def folder(emit, n: int) -> None:
    """A folder with one file in a hundred broken."""
    with TemporaryDirectory() as path:
        say(f"writing {n} files")
        wrong = write_folder(Path(path), n, n // 100)
        say("loading them")
        before, start, began = memory(), process_time(), perf_counter()
        data = load_cif_folder(path)
        took, waited = process_time() - start, perf_counter() - began
        held = (memory() - before) / 1e6
    refused = set(data.refused["name"])
    volumes = [structure.volume for structure in data.structures]
    emit(
        f"\n\nA folder of {n:,} files, {len(wrong)} of them or of their lines broken: "
        f"{len(data.names):,} loaded,\n{len(refused)} refused. Loaded and refused are "
        f"all: {len(data.names) + len(refused) == n}. Refused are just the\nbroken "
        f"ones: {refused == set(wrong)}. Targets belong to their files: "
        f"{np.allclose(data.target, volumes, rtol=1e-6)}.\n"
        f"{took:.1f} s of processor time ({waited:.0f} s by the clock); the structures "
        f"take {held:,.0f} MB."
    )


def memory() -> int:
    """Bytes that the process holds; 0 where the system does not tell."""
    status = Path("/proc/self/status")
    if not status.is_file():
        return 0
    (line,) = [s for s in status.read_text().splitlines() if s.startswith("VmRSS")]
    return 1024 * int(line.split()[1])


if __name__ == "__main__":
    main()
