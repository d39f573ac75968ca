"""Probing as it is: what a linear model reads from a trained network."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sk_knagcn.graphs import CrystalGraphs
from sk_knagcn.probing.descriptors import read_descriptors
from sk_knagcn.probing.predictions import predict_unseen
from sk_knagcn.probing.probe import list_splits, name_models
from sk_knagcn.probing.result import ProbeResult
from sk_knagcn.probing.scores import score_predictions
from sk_knagcn.structures import as_column


def probe_embedding(
    model: Any,
    structures: Any,
    descriptors: Any = "periodicity",
    *,
    cv: Any = 5,
    groups: Any = None,
    n_jobs: int | None = None,
    verbose: int = 0,
) -> ProbeResult:
    """Tell how much of each descriptor a linear model reads from a trained network.

    The network stays as it is: its features of each structure, `model.transform(X)`,
    are standardised, and a ridge regression, whose penalty is chosen within the
    training part, predicts each descriptor from them. What it does not find may still
    be there, though not in a straight line.

    Parameters
    ----------
    model : transformer or dict of str to transformer
        A fitted network, a fitted pipeline that ends in one, or anything else with
        `transform`, such as a table of descriptors to compare with; or several, by
        name. Train it on your own target; its structures may be among these.
    structures : structures or graphs
        Whatever the models take.
    descriptors : str, transformer, DataFrame, Series or dict, default="periodicity"
        As in `probe`.
    cv : int, splitter or iterable of splits, default=5
        The folds of the linear model, as in `probe`.
    groups : array-like of shape (n_structures,), default=None
        Structures of one group stay in one fold.
    n_jobs : int, default=None
        Linear models fitted at the same time.
    verbose : int, default=0
        Show a progress bar if positive.

    Returns
    -------
    ProbeResult
        Scores and predictions of each model on each descriptor.

    See Also
    --------
    probe : Trains a network on the descriptors instead.

    Examples
    --------
    >>> from pymatgen.core import Lattice, Structure
    >>> from sk_knagcn import KNAGCNRegressor, StructureDescriptors, probe_embedding
    >>> salts = [
    ...     Structure.from_spacegroup(
    ...         "Fm-3m", Lattice.cubic(a), ["Na", x], [[0, 0, 0], [0.5, 0.5, 0.5]]
    ...     )
    ...     for x, a in [("F", 4.62), ("Cl", 5.64), ("Br", 5.97), ("I", 6.47)]
    ... ]
    >>> net = KNAGCNRegressor(max_epochs=5).fit(salts, [1269, 1074, 1020, 934])
    >>> models = {"network": net, "elements": StructureDescriptors("composition")}
    >>> result = probe_embedding(models, salts, {"a": [4.62, 5.64, 5.97, 6.47]}, cv=2)
    >>> result.table["model"].tolist()
    ['network', 'elements']
    """
    models = name_models(model)
    for name, one in models.items():
        if not hasattr(one, "transform"):
            raise TypeError(
                f"{name} is a {type(one).__name__}, which makes no features of "
                "structures. Pass fitted networks or transformers."
            )
    X = structures if isinstance(structures, CrystalGraphs) else as_column(structures)
    table = read_descriptors(descriptors, X)
    linear = make_pipeline(StandardScaler(), RidgeCV(np.logspace(-3, 4, 15)))
    predictions = predict_unseen(
        [
            (name, linear, np.asarray(one.transform(X), dtype=np.float64))
            for name, one in models.items()
        ],
        table,
        list_splits(cv, X, groups),
        joint=False,
        n_jobs=n_jobs,
        verbose=verbose,
    )
    return ProbeResult(score_predictions(predictions), predictions)
