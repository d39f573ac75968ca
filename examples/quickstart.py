"""From crystals to tensors: the AFLOW prototypes that come with pymatgen.

Nothing is fetched: the crystals are read from a file of the installed pymatgen.
"""

import json
from pathlib import Path
from time import perf_counter

import pymatgen.analysis
from monty.io import zopen
from pymatgen.core import Structure

from sk_knagcn import StructureGraphTransformer, check_invariance


def aflow_prototypes() -> list[Structure]:
    """Read the prototypes; releases of pymatgen keep the file in different folders."""
    (folder,) = pymatgen.analysis.__path__
    path = next(Path(folder).rglob("aflow_prototypes.json*"))
    with zopen(path, "rt", encoding="utf-8") as file:
        return [Structure.from_dict(entry["snl"]) for entry in json.load(file)]


def seconds(task) -> float:
    """Time one call."""
    start = perf_counter()
    task()
    return perf_counter() - start


structures = aflow_prototypes()
transformer = StructureGraphTransformer(k=12)

print("Compiling the kernels: half a minute the first time, then they are kept.\n")
loading = seconds(lambda: transformer.fit_transform(structures[:1]))
building = seconds(lambda: transformer.fit_transform(structures[1:]))
graphs = transformer.fit_transform(structures)  # all of them known by now

n_atoms, n_stored = graphs.n_atoms.sum(), graphs.n_stored_atoms.sum()
print(
    f"{len(graphs)} crystals from pymatgen's AFLOW library\n\n"
    f"  atoms                {n_atoms:8,}\n"
    f"  after symmetry       {n_stored:8,}\n"
    f"  first crystal        {loading:8.2f} s, kernels included\n"
    f"  all others           {building:8.2f} s, "
    f"{1e6 * building / n_atoms:.0f} microseconds an atom\n"
)

print("   k      MB")
for k in (12, 8, 4):
    view = graphs.with_k(k)  # of the same arrays: nothing is computed or copied
    print(f"{view.k:4}  {view.nbytes / 1e6:6.3f}")

print("\nThe first 32 crystals as one batch of dense tensors\n")
for name, tensor in graphs[:32].padded().items():
    print(f"  {name:13} {tensor.dtype!s:8} {tensor.shape}")

some = structures[::24]
for frames in ("canonical", "paper"):
    report = check_invariance(transformer.set_params(frames=frames), some)
    print(f"\nWhat moves in other cells, orders and positions: {frames} frames\n")
    print(report)
