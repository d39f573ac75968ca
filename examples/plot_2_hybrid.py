"""
Networks and descriptors together
=================================

The electrostatic energy of a whole cell doubles with the cell. A network that takes the
mean over its atoms cannot see that; the number of atoms tells it, one of the 28
descriptors of Gong et al. (Science Advances 9, eadi3245, 2023). Three ways to put
network and descriptors together, beside the way to do without.
"""

# %%
# Something to learn
# ------------------

import numpy as np
from sklearn.ensemble import ExtraTreesRegressor, StackingRegressor
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline, make_union

from sk_knagcn import (
    KNAGCNRegressor,
    StructureDescriptors,
    StructureGraphTransformer,
    compare,
)
from sk_knagcn.datasets import make_prototype_crystals

salts = make_prototype_crystals(300, random_state=0)
n_atoms = np.array([len(structure) for structure in salts.structures])
energy_of_cell = salts.target * n_atoms  # eV

# %%
# Inside, beside, above
# ---------------------
#
# * *Inside*: ``StructureGraphTransformer(descriptors=...)``. The columns ride with the
#   graphs, and the network joins them after its readout.
# * *Beside*: what the network makes of a structure (its ``transform``) and the
#   descriptors are one table for trees.
# * *Above*: a ridge regression learns from out-of-fold predictions how far to trust the
#   network and the trees.

the_28 = StructureDescriptors("periodicity")
network = make_pipeline(
    StructureGraphTransformer(), KNAGCNRegressor(max_epochs=20, random_state=0)
)
trees = make_pipeline(the_28, ExtraTreesRegressor(300, random_state=0))
models = {
    "network": network,
    "trees on descriptors": trees,
    "inside": make_pipeline(
        StructureGraphTransformer(descriptors=the_28),
        KNAGCNRegressor(max_epochs=20, random_state=0),
    ),
    "beside": make_pipeline(
        make_union(network, the_28), ExtraTreesRegressor(300, random_state=0)
    ),
    "above": StackingRegressor(
        [("network", network), ("trees", trees)], RidgeCV(), cv=3
    ),
    "network, sum over atoms": make_pipeline(
        StructureGraphTransformer(),
        KNAGCNRegressor(readout="sum", max_epochs=20, random_state=0),
    ),
}
result = compare(models, salts.structures, energy_of_cell, cv=3)
result

# %%

_ = result.plot(unit="eV")

# %%
# A readout that fits the property is worth more than a cure for one that does not:
# where a property grows with the cell, start with ``readout="sum"``. Where it depends
# on pores, layers or symmetry, no readout helps, and descriptors may.
