"""Models that a new one has to be compared with, set as fairly as ours."""

from __future__ import annotations

from typing import Any

from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
    VotingClassifier,
)
from sklearn.pipeline import Pipeline

from sk_knagcn.comparison.per_atom import per_atom_version
from sk_knagcn.descriptors import StructureDescriptors
from sk_knagcn.estimators import (
    CGCNNClassifier,
    CGCNNRegressor,
    EnsembleRegressor,
    GCN3DClassifier,
    GCN3DRegressor,
    KNAGCNClassifier,
    KNAGCNRegressor,
)
from sk_knagcn.graphs import StructureGraphTransformer

_FOREST = {"n_estimators": 300, "max_features": 1 / 3}
_BOOSTING = {
    "max_iter": 1000,
    "learning_rate": 0.05,
    "early_stopping": True,
    "n_iter_no_change": 50,
}


def default_models(
    *,
    max_epochs: int | None = None,
    per_atom: bool = False,
    classification: bool = False,
    random_state: Any = 0,
    n_jobs: int | None = None,
) -> dict[str, Any]:
    """Make the models of ``compare("default", ...)``, to take and change.

    From the trivial to the best of this package: a constant; composition with a forest
    and matminer's structure descriptors with boosted trees; CGCNN and 3DGCN, trained as
    ours; k-NAGCN as published; k-NAGCN as it is here, the same with descriptors after
    the readout, and these two together with the boosted trees.

    Parameters
    ----------
    max_epochs : int, default=None
        Epochs of all networks; None leaves each its own.
    per_atom : bool, default=False
        Learn values per atom, for properties that grow with the cell; only
        "k-NAGCN (paper)" keeps its mean over the atoms.
    classification : bool, default=False
        Make classifiers.
    random_state : int, RandomState instance or None, default=0
        Seed of every model.
    n_jobs : int, default=None
        Processes or threads of descriptors and forest.

    Returns
    -------
    dict of str to estimator
        Models over structures, not fitted.

    See Also
    --------
    compare : Compares them.

    Examples
    --------
    >>> from sk_knagcn import default_models
    >>> models = default_models(max_epochs=50)
    >>> list(models)
    ['dummy', 'composition + forest', 'matminer + boosting', 'CGCNN', '3DGCN',
     'k-NAGCN (paper)', 'k-NAGCN', 'hybrid', 'ensemble']
    >>> del models["ensemble"]
    """
    seeded = {"random_state": random_state}
    trained = seeded if max_epochs is None else {**seeded, "max_epochs": max_epochs}

    def tabular(preset: Any, model: Any) -> Pipeline:
        # Both kinds of trees take a missing number for what it is.
        table = StructureDescriptors(preset, on_error="nan", n_jobs=n_jobs)
        return Pipeline([("descriptors", table), ("model", model)])

    def network(net: Any, **graph: Any) -> Pipeline:
        return Pipeline([("graph", StructureGraphTransformer(**graph)), ("net", net)])

    if classification:
        constant: Any = DummyClassifier()
        forest: Any = RandomForestClassifier(**_FOREST, **seeded, n_jobs=n_jobs)
        boosting: Any = HistGradientBoostingClassifier(**_BOOSTING, **seeded)
        cgcnn: Any = CGCNNClassifier
        gcn3d: Any = GCN3DClassifier
        knagcn: Any = KNAGCNClassifier
    else:
        constant = DummyRegressor(strategy="median")
        forest = RandomForestRegressor(**_FOREST, **seeded, n_jobs=n_jobs)
        boosting = HistGradientBoostingRegressor(**_BOOSTING, **seeded)
        cgcnn, gcn3d, knagcn = CGCNNRegressor, GCN3DRegressor, KNAGCNRegressor
    periodicity = StructureDescriptors("periodicity", on_error="nan", n_jobs=n_jobs)
    models = {
        "dummy": constant,
        "composition + forest": tabular("composition", forest),
        "matminer + boosting": tabular("full", boosting),
        "CGCNN": network(cgcnn(**trained)),
        "3DGCN": network(gcn3d(**trained)),
        "k-NAGCN (paper)": network(knagcn.as_published(**trained), frames="paper"),
        "k-NAGCN": network(knagcn(**trained)),
        "hybrid": network(knagcn(**trained), descriptors=periodicity),
    }
    members = [
        (name, models[name]) for name in ("matminer + boosting", "k-NAGCN", "hybrid")
    ]
    models["ensemble"] = (
        VotingClassifier(members, voting="soft")
        if classification
        else EnsembleRegressor(members, **seeded)
    )
    if per_atom:
        models = {name: per_atom_version(model) for name, model in models.items()}
    return models
