"""
Side by side
============

How well can a property be learnt, by what, and can the answer be trusted? One call
trains every model on the very same folds and says which differences are real.
"""

# %%
# Something to learn
# ------------------
#
# Salts on known structure types, made up without a download, and their electrostatic
# energy: a property of elements and structure alike, known exactly. Yours would come
# from CIF files and a column of a table.

from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline

from sk_knagcn import (
    KNAGCNRegressor,
    StructureGraphTransformer,
    StructureGroupKFold,
    compare,
    default_models,
    leakage_report,
)
from sk_knagcn.datasets import make_prototype_crystals

salts = make_prototype_crystals(300, random_state=0)
salts.structures[0]

# %%
# The models
# ----------
#
# ``compare("default", structures, y)`` takes all of :func:`sk_knagcn.default_models`.
# Here are a few of them with a fifth of the usual epochs, to be done in a minute. Any
# estimator or pipeline over structures may join.

models = default_models(max_epochs=20)
chosen = ["dummy", "composition + forest", "matminer + boosting", "CGCNN", "k-NAGCN"]
models = {name: models[name] for name in chosen}
models["k-NAGCN, attention"] = make_pipeline(
    StructureGraphTransformer(),
    KNAGCNRegressor(readout="attention", max_epochs=20, random_state=0),
)

# %%
# The comparison
# --------------
#
# The best model is on top. ``difference`` is what the others' errors have more than
# its own on the same structures; "no difference" means that the 95 % interval of it
# holds zero, so that another draw of structures may turn the order around.

folds = KFold(3, shuffle=True, random_state=0)
result = compare(models, salts.structures, salts.target, cv=folds)
result

# %%
# Every point is one fold, and the bar is what folds differ by.

_ = result.plot(unit=salts.unit)

# %%
# Predictions for structures that the model has not seen.

_ = result.plot("parity", unit=salts.unit)

# %%
# Can it be trusted?
# ------------------
#
# Random folds put crystals of one composition or structure type on both sides. The
# report says how many test crystals have such a relative in training.

leakage_report(salts.structures, cv=folds)

# %%
# With whole structure types kept together the question is another: how well does a
# model do on a structure type that it has never seen?

by_type = compare(
    {name: models[name] for name in ["composition + forest", "k-NAGCN"]},
    salts.structures,
    salts.target,
    cv=StructureGroupKFold("prototype", n_splits=3),
)
by_type

# %%
# ``result.to_html("comparison.html")`` writes all of this into one page to pass on.
