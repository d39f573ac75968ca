"""
What does a network see?
========================

Every descriptor of a crystal is a function of its structure. A network that is shown
the structure should be able to learn it, and what it cannot learn, it does not see.
`probe` tries: it trains a network to predict descriptors and scores what it says about
crystals it has not met.

Nothing is fetched: the crystals are pymatgen's AFLOW prototypes, which come with it.
"""

import json
from pathlib import Path

import pymatgen.analysis
from monty.io import zopen
from pymatgen.core import Structure
from sklearn.pipeline import make_pipeline

from sk_knagcn import (
    CGCNNRegressor,
    KNAGCNRegressor,
    StructureDescriptors,
    StructureGraphTransformer,
    probe,
    probe_embedding,
)

(folder,) = pymatgen.analysis.__path__
path = next(Path(folder).rglob("aflow_prototypes.json*"))
with zopen(path, "rt", encoding="utf-8") as file:
    crystals = [Structure.from_dict(entry["snl"]) for entry in json.load(file)]
crystals = [crystal for crystal in crystals if len(crystal) <= 20]
print(f"{len(crystals)} crystals of at most 20 atoms")

# %%
# Probing by training
# -------------------
# Two networks learn the 28 descriptors of Gong et al. (2023), all at once, in three
# folds that are the same for both. An R2 of 1 is a descriptor that is predicted
# exactly, one of 0 no better than its mean. Nothing is known of the radius of
# californium: with ``on_error="nan"`` that packing fraction is left out.

descriptors = StructureDescriptors("periodicity", on_error="nan")
settings = {"max_epochs": 30, "random_state": 0}
models = {
    "CGCNN": make_pipeline(StructureGraphTransformer(), CGCNNRegressor(**settings)),
    "k-NAGCN": make_pipeline(StructureGraphTransformer(), KNAGCNRegressor(**settings)),
}
result = probe(models, crystals, descriptors, cv=3)
print(result)

# %%
# Bars are grouped by what the descriptors are about. What is decided near an atom, such
# as bond lengths and volumes, is learnt; lattice, symmetry and size are not. With 250
# crystals to learn from, no answer is final: the same call on more of them tells more.

display = result.plot()

# %%
# The table holds mean absolute errors as well, beside the mean absolute deviation: the
# error of who knows the mean alone.

columns = ["model", "descriptor", "r2", "r2_std", "mae", "mad"]
worst = result.table.sort_values("r2")[columns].head(5)
print(worst.round(2).to_string(index=False))

# %%
# Probing as it is
# ----------------
# A network that was trained for a property of your own has kept what that property
# needs. Here it is the volume of an atom; a linear model then reads each descriptor
# from its features. The elements alone are a good thing to compare with.

y = [crystal.volume / len(crystal) for crystal in crystals]
network = models["k-NAGCN"].fit(crystals, y)
elements = StructureDescriptors("composition").fit(crystals)
sources = {"trained on volumes": network, "elements alone": elements}
kept = probe_embedding(sources, crystals, descriptors)
print(kept)

# %%
# Nobody told it of densities and bond lengths, but they come with volumes. How uneven
# bonds and surroundings are does not, and there even the elements tell more.

display = kept.plot()
