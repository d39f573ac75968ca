"""
How many neighbours, how many layers
====================================

The paper of k-NAGCN sweeps k, the number of neighbours that an atom sees, and finds the
best at 12 to 16. ``GridSearchCV`` sweeps k and depth together; neighbours are
searched for once and shared by all grid points and folds.
"""

# %%
# The search
# ----------

from sklearn.model_selection import GridSearchCV, KFold, LearningCurveDisplay
from sklearn.pipeline import Pipeline

from sk_knagcn import (
    HistoryDisplay,
    KNAGCNRegressor,
    ParityDisplay,
    SearchDisplay,
    StructureGraphTransformer,
)
from sk_knagcn.datasets import make_prototype_crystals

salts = make_prototype_crystals(240, random_state=0)
train, test = slice(0, 200), slice(200, None)
pipe = Pipeline(
    [
        ("graph", StructureGraphTransformer()),
        ("net", KNAGCNRegressor(max_epochs=15, random_state=0)),
    ]
)
search = GridSearchCV(
    pipe,
    {"graph__k": [4, 8, 16, 24], "net__n_layers": [1, 2, 3]},
    cv=KFold(3, shuffle=True, random_state=0),
    scoring="neg_mean_absolute_error",
)
search.fit(salts.structures[train], salts.target[train])
search.best_params_

# %%
# Bars are standard errors over the folds: choices whose bars overlap are not told apart
# by this search.

_ = SearchDisplay.from_search(search)

# %%
# The best of them
# ----------------
#
# It was fitted to all of the training part at the end. First the course of that fit,
# then its predictions for crystals that the search has not seen.

best = search.best_estimator_
_ = HistoryDisplay.from_estimator(best)

# %%

_ = ParityDisplay.from_estimator(
    best, salts.structures[test], salts.target[test], unit=salts.unit
)

# %%
# Would more data help?
# ---------------------
#
# scikit-learn's learning curve works on the pipeline as it is.

_ = LearningCurveDisplay.from_estimator(
    best,
    salts.structures,
    salts.target,
    train_sizes=[0.25, 0.5, 1.0],
    cv=3,
    scoring="neg_mean_absolute_error",
    negate_score=True,
    score_type="test",
    shuffle=True,
    random_state=0,
)
