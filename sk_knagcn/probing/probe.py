"""Probing by training: can a model learn each descriptor from the structure?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sklearn.base import is_classifier

from sk_knagcn.estimators.pipelines import last_step
from sk_knagcn.graphs import CrystalGraphs
from sk_knagcn.probing.descriptors import read_descriptors
from sk_knagcn.probing.predictions import Split, predict_unseen
from sk_knagcn.probing.result import ProbeResult
from sk_knagcn.probing.scores import score_predictions
from sk_knagcn.splits.splitter import checked_splits, make_splitter
from sk_knagcn.structures import as_column


def probe(
    model: Any,
    structures: Any,
    descriptors: Any = "periodicity",
    *,
    cv: Any = 5,
    groups: Any = None,
    joint: bool = True,
    n_jobs: int | None = None,
    verbose: int = 0,
) -> ProbeResult:
    """Train a model to predict descriptors, and tell which of them it does not see.

    A descriptor is a known function of the structure: a model that sees all of the
    structure can learn it. One that it does not learn stands for something that it is
    blind to, and that may be worth giving it [1]_.

    Parameters
    ----------
    model : estimator or dict of str to estimator
        A regressor over structures, such as a network or a pipeline that ends in one;
        or several, by name, to be compared on the same folds. They are cloned.
    structures : structures or graphs
        Whatever the models take.
    descriptors : str, transformer, DataFrame, Series or dict, default="periodicity"
        A preset of `StructureDescriptors`, a transformer from structures to a table,
        or known values, one row for each structure. NaN is a missing value, which
        ``StructureDescriptors(preset, on_error="nan")`` leaves where one fails.
    cv : int, splitter or iterable of splits, default=5
        The folds. An int stands for so many random ones, always the same.
    groups : array-like of shape (n_structures,), default=None
        Structures of one group stay in one fold.
    joint : bool, default=True
        Let one model learn all descriptors together. Networks weigh them equally and
        leave missing values out. False fits a model for each descriptor, as in the
        paper: for models that do neither.
    n_jobs : int, default=None
        Fits at the same time; as everywhere in scikit-learn.
    verbose : int, default=0
        Show a progress bar if positive.

    Returns
    -------
    ProbeResult
        Scores and predictions of each model on each descriptor.

    See Also
    --------
    probe_embedding : What a trained network has kept of each descriptor.
    StructureDescriptors : The descriptors, to be joined to a network or used alone.

    References
    ----------
    .. [1] S. Gong et al., "Examining graph neural networks for crystal structures:
       Limitations and opportunities for capturing periodicity", Science Advances 9,
       eadi3245 (2023).

    Examples
    --------
    >>> from pymatgen.core import Lattice, Structure
    >>> from sk_knagcn import CGCNNRegressor, KNAGCNRegressor, probe
    >>> salts = [
    ...     Structure.from_spacegroup(
    ...         "Fm-3m", Lattice.cubic(a), ["Na", x], [[0, 0, 0], [0.5, 0.5, 0.5]]
    ...     )
    ...     for x, a in [("F", 4.62), ("Cl", 5.64), ("Br", 5.97), ("I", 6.47)]
    ... ]
    >>> models = {
    ...     "CGCNN": CGCNNRegressor(max_epochs=5),
    ...     "k-NAGCN": KNAGCNRegressor(max_epochs=5),
    ... }
    >>> result = probe(models, salts, {"a": [4.62, 5.64, 5.97, 6.47]}, cv=2)
    >>> result.table[["model", "descriptor", "kind"]]
         model descriptor      kind
    0    CGCNN          a  periodic
    1  k-NAGCN          a  periodic
    """
    X = structures if isinstance(structures, CrystalGraphs) else as_column(structures)
    models = name_models(model)
    for name, one in models.items():
        if is_classifier(one):
            raise TypeError(
                f"descriptors are numbers, but {name} is a classifier. Pass the "
                "regressor of its kind."
            )
    table = read_descriptors(descriptors, X)
    predictions = predict_unseen(
        [(name, one, X) for name, one in models.items()],
        table,
        list_splits(cv, X, groups),
        joint=joint,
        n_jobs=n_jobs,
        verbose=verbose,
    )
    return ProbeResult(score_predictions(predictions), predictions)


def name_models(model: Any) -> dict[str, Any]:
    """Models by name; a single one is called by its class."""
    if isinstance(model, list | tuple):
        raise TypeError("models are told apart by names: pass a dict of them.")
    if not isinstance(model, Mapping):
        return {type(last_step(model)).__name__: model}
    if not model:
        raise ValueError("there is no model to probe. Pass at least one.")
    return {str(name): one for name, one in model.items()}


def list_splits(cv: Any, X: Any, groups: Any) -> list[Split]:
    """The folds, listed once so that all models get the same."""
    return checked_splits(make_splitter(cv, None, groups), X, None, groups)
