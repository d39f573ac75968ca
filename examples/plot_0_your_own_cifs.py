"""
Your own CIFs to a trusted model
================================

A folder of CIF files and a table of numbers: that is what most projects start from.
This is the whole way from there to a model that you can hand on, with the questions
that a referee will ask answered on the way. Reading it takes longer than running it.

Put your own folder in the place of the one made here and keep the rest.
"""

# %%
# A folder of CIFs
# ----------------
#
# The files of this tutorial are made on the spot, from synthetic salts with their
# electrostatic energy, so that nothing need be fetched. They stand in for yours:
# ``id_prop.csv``, in CGCNN's layout, names each file and its target. As in real
# folders, some of it is broken.

from pathlib import Path
from tempfile import TemporaryDirectory

from matplotlib import pyplot as plt
from pymatgen.core import Structure
from sklearn.model_selection import KFold
from sklearn.pipeline import Pipeline

from sk_knagcn import (
    EnsembleRegressor,
    HistoryDisplay,
    KNAGCNRegressor,
    ParityDisplay,
    StructureGraphTransformer,
    StructureGroupKFold,
    check_invariance,
    check_structures,
    compare,
    default_models,
    leakage_report,
    load_model,
    save_model,
)
from sk_knagcn.datasets import load_cif_folder, make_prototype_crystals

temporary = TemporaryDirectory()
folder = Path(temporary.name)

salts = make_prototype_crystals(300, random_state=0)
rows = []
for i, (salt, energy) in enumerate(zip(salts.structures, salts.target, strict=True)):
    salt.to(filename=str(folder / f"salt{i:03}.cif"))
    rows.append(f"salt{i:03},{energy:.4f}")
_ = (folder / "salt007.cif").write_text("data_cut_short_while_copying")
rows[11] = "salt011,see notebook"
rows.append("salt999,-1.0")
_ = (folder / "id_prop.csv").write_text("\n".join(rows))

# %%
# Loading, and what was refused
# -----------------------------
#
# Nothing is dropped without a word. Mend these files, or leave them out knowingly.

data = load_cif_folder(folder)
data.refused

# %%
# The rest is a list of pymatgen Structures and an array of floats.

structures, y = data.structures, data.target
print(len(structures), "structures, such as", structures[0].formula)

# %%
# Reading is not everything: a network needs to know which atom sits where, and a site
# shared by two elements does not say. ``check_structures`` raises here and now what
# would otherwise come up after an hour, with the index, the site and the remedy.

_ = check_structures(structures)
alloy = structures[0].copy()
_ = alloy.replace(0, {alloy[0].species_string: 0.7, "K": 0.3})
try:
    check_structures([*structures[:2], alloy])
except ValueError as error:
    print(error)

# %%
# Look at the target before you model it. If it spans orders of magnitude, learn its
# logarithm (``TransformedTargetRegressor`` of scikit-learn); if it doubles when the
# cell is doubled, use ``readout="sum"``. This one is per atom and does neither.

_, ax = plt.subplots(figsize=(4.2, 3), layout="constrained")
ax.hist(y, bins=30)
_ = ax.set(xlabel=f"energy ({salts.unit})", ylabel="crystals")

# %%
# Is the input sound?
# -------------------
#
# The same crystal, turned, shifted, re-ordered or cut into other cells, must get the
# same prediction. Here is the proof for some of these; run it on some of yours.

print(check_invariance(StructureGraphTransformer(), structures[::25]))

# %%
# Which split is honest?
# ----------------------
#
# Under random folds a test crystal may have a relative in training. How many do?

random_folds = KFold(5, shuffle=True, random_state=0)
leakage_report(structures, random_folds, y)

# %%
# If your model is for new compounds, keep each formula in one fold. Everything from
# here on uses this split; :doc:`/guide/splits` has others, for other purposes.

folds = StructureGroupKFold(by="formula", n_splits=5)
leakage_report(structures, folds).summary["mean"]

# %%
# What is best, and is it luck?
# -----------------------------
#
# A guess, a forest that sees the composition alone, and two networks, on the same
# folds. If the forest is as good as the networks, take the forest. When you have more
# time, ``compare("default", structures, y, cv=folds)`` tries nine models for longer.

models = default_models(max_epochs=30)
chosen = ["dummy", "composition + forest", "CGCNN", "k-NAGCN"]
result = compare(
    {name: models[name] for name in chosen}, structures, y, cv=folds, metrics=["mae"]
)
result

# %%
# Each crystal has been predicted by a network that never saw its formula. That is the
# figure to show, not one of crystals that the network has learnt by heart.

_ = result.plot("parity", unit=salts.unit)

# %%
# How far to trust it
# -------------------
#
# How wide must an interval be to hold nine truths in ten? As wide as nine errors in ten
# on what the network has not learnt: that is all there is to a conformal interval. Take
# the width from four folds, and count in the fifth whether it keeps its promise.

errors = result.predictions.eval("`k-NAGCN` - y_true").abs()
fold = errors.index.get_level_values("fold")
for held_out in range(5):
    known, new = errors[fold != held_out], errors[fold == held_out]
    width = known.quantile(0.9, interpolation="higher")
    print(f"± {width:.1f} {salts.unit} holds {(new <= width).mean():.0%} of {len(new)}")

# %%
# It does on average; in a single fold of 60 crystals, of which many share a formula,
# less exactly. All crystals have the same interval here. :doc:`/guide/uncertainty` says
# more, and shows MAPIE, which does this with care.
#
# Which predictions are the *more* uncertain ones? Several networks from different seeds
# are better than one, and where they disagree, the data do not decide. The graphs and
# the network are one model from Structures to numbers, a ``Pipeline``.

model = Pipeline(
    [
        ("graph", StructureGraphTransformer(k=12)),
        ("net", KNAGCNRegressor(max_epochs=30, random_state=0)),
    ]
)
# sphinx_gallery_thumbnail_number = 3
train, test = next(folds.split(structures, y))
ensemble = EnsembleRegressor(model, n_members=4, random_state=0)
ensemble.fit([structures[i] for i in train], y[train])
_ = ParityDisplay.from_estimator(
    ensemble,
    [structures[i] for i in test],
    y[test],
    return_std=True,
    unit=salts.unit,
)

# %%
# Handing it on
# -------------
#
# When the questions are answered, learn from everything, and longer.

final = model.set_params(net__max_epochs=50).fit(structures, y)
_ = HistoryDisplay.from_estimator(final)

# %%
# The file holds weights and settings and no code, so that whoever gets it can open it
# without trusting you.

save_model(final["net"], folder / "energy.safetensors")

# %%
# Elsewhere, on another day: no table of targets, no transformer and no settings are
# needed. The model knows how its graphs were made, and a file is a question.

again = load_model(folder / "energy.safetensors")
new = Structure.from_file(folder / "salt042.cif")
print(f"{new.formula}: {again.predict([new])[0]:.2f} {salts.unit}")

# %%
# It says the same of a supercell, for that is the same crystal.

print(f"{again.predict([new * (2, 2, 1)])[0]:.2f} {salts.unit}")
temporary.cleanup()

# %%
# Where to go from here: :doc:`/guide/search` to tune ``k``, depth and learning rate,
# :doc:`/guide/hybrids` if descriptors know something that the network does not see, and
# :doc:`/faq` when something is in the way.
