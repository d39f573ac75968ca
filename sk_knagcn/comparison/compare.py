"""Several models on the very same folds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_array, column_or_1d

from sk_knagcn.comparison.contents import digest_of, read_contents
from sk_knagcn.comparison.folds import cut_folds, find_leakage, make_folds
from sk_knagcn.comparison.journal import Journal
from sk_knagcn.comparison.metrics import check_metrics
from sk_knagcn.comparison.models import check_models
from sk_knagcn.comparison.per_atom import per_atom_version
from sk_knagcn.comparison.result import ComparisonResult
from sk_knagcn.comparison.run import run_all
from sk_knagcn.comparison.table import (
    predictions_table,
    scores_table,
    summary_table,
)
from sk_knagcn.estimators.classes import read_classes, read_groups
from sk_knagcn.estimators.inputs import check_lengths, target_names_of
from sk_knagcn.splits.splitter import make_splitter


def compare(
    models: Any,
    structures: Any,
    y: Any,
    *,
    cv: Any = 5,
    metrics: Any = None,
    groups: Any = None,
    train_sizes: Any = None,
    per_atom: bool = False,
    n_jobs: int | None = None,
    path: str | Path | None = None,
    verbose: int = 0,
) -> ComparisonResult:
    """Compare models on the very same folds.

    Graphs and descriptors are made first, once for all models and folds. Whatever
    learns is fitted on the training part of each fold only. A model that fails costs
    its own row.

    Parameters
    ----------
    models : dict of str to estimator, list of (str, estimator) or "default"
        Pipelines or estimators over structures, all regressors or all classifiers.
        "default" are those of `default_models`.
    structures : structures or graphs
        What the models take.
    y : array-like of shape (n_structures,)
        The targets: numbers for regressors, classes for classifiers. The result keeps
        the name of a Series.
    cv : int, splitter or iterable of (train, test), default=5
        The folds. A number stands for shuffled folds, always the same, with classes in
        proportion for classifiers, and with groups kept together if there are any.
    metrics : str or list of str, default=None
        What is measured; models are ranked by the first. "mae", "rmse", "r2", "mae_mad"
        (MAE over the mean absolute deviation of the fold's targets), or any scorer of
        scikit-learn by its name. By default these four; for classes "accuracy",
        "balanced_accuracy" and, of models that know probabilities, "roc_auc".
    groups : array-like of shape (n_structures,), default=None
        Handed to the splitter. Structures of one group are drawn together when
        intervals are estimated.
    train_sizes : float or list of float, default=None
        Shares of each training part to train on as well, each part of the next, for
        the error against the training size.
    per_atom : bool, default=False
        For properties that grow with the cell: networks sum over atoms unless they
        were given a readout, and models without a network learn values per atom, in a
        `PerAtomRegressor`.
    n_jobs : int, default=None
        Processes that fit models; as everywhere in scikit-learn. They share graphs and
        descriptors through a temporary folder.
    path : str or Path, default=None
        Folder in which each finished fit is kept. A comparison that was killed goes on
        where it stopped; a model or data that have changed are computed anew.
    verbose : int, default=0
        Show a progress bar if positive.

    Returns
    -------
    ComparisonResult
        Table, predictions, plots and a page of HTML.

    See Also
    --------
    default_models : Baselines, published networks and those of this package.
    PerAtomRegressor : Any regressor, on values per atom.

    Examples
    --------
    >>> from pymatgen.core import Lattice, Structure
    >>> from sklearn.dummy import DummyRegressor
    >>> from sklearn.linear_model import Ridge
    >>> from sklearn.pipeline import make_pipeline
    >>> from sk_knagcn import StructureDescriptors, compare
    >>> sides = [3.0, 3.1, 3.2, 3.3, 3.4, 3.5, 3.6, 3.7, 3.8]
    >>> crystals = [Structure(Lattice.cubic(a), ["Po"], [[0, 0, 0]]) for a in sides]
    >>> volumes = [crystal.volume for crystal in crystals]
    >>> models = {
    ...     "mean": DummyRegressor(),
    ...     "ridge": make_pipeline(StructureDescriptors("periodicity"), Ridge(1e-3)),
    ... }
    >>> result = compare(models, crystals, volumes, cv=3)
    >>> result.table["verdict"]
    model
    ridge     best
    mean     worse
    Name: verdict, dtype: object
    """
    estimators, classifier = check_models(models, y)
    names = check_metrics(metrics, classifier)
    target = next(iter(target_names_of(y)), None)
    y, classes = _check_targets(y, classifier)
    contents = read_contents(structures)
    groups = None if groups is None else read_groups(groups)
    check_lengths(contents.n_atoms, y)
    if groups is not None:
        check_lengths(contents.n_atoms, groups, "groups")
    if per_atom and classifier:
        raise ValueError("per_atom=True is for numbers; classes do not grow.")
    if per_atom:
        estimators = {name: per_atom_version(one) for name, one in estimators.items()}
    splitter = make_splitter(cv, y, groups, classifier)
    folds = make_folds(splitter, structures, y, groups)
    leakage = find_leakage(structures, folds)
    parts = cut_folds(folds, train_sizes, y if classifier else None)
    outcomes, failures = run_all(
        estimators,
        parts,
        structures,
        y,
        classes,
        journal=None if path is None else Journal(Path(path), digest_of(structures), y),
        n_jobs=n_jobs,
        verbose=verbose,
    )
    if not outcomes:
        reasons = "; ".join(f"{name}: {one.error}" for name, one in failures.items())
        raise RuntimeError(f"no model could be fitted and asked. {reasons}")
    predictions = predictions_table(outcomes, parts, y)
    scores = scores_table(outcomes, parts, y, classes, names)
    return ComparisonResult(
        table=summary_table(
            scores, predictions, failures, names, groups, classifier=classifier
        ),
        predictions=predictions,
        scores=scores,
        errors={name: failure.traceback for name, failure in failures.items()},
        models=estimators,
        target=target,
        metrics=names,
        splitter=splitter,
        leakage=leakage,
        contents=contents,
        classes=classes,
    )


def _check_targets(
    y: Any, classifier: bool
) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """y as numbers; or as classes, and all of these."""
    if not classifier:
        y = check_array(y, ensure_2d=False, dtype=np.float64, input_name="y")
        return column_or_1d(y), None
    y = read_classes(y)
    if y.dtype == object:  # open formats hold plain types only
        y = np.array(y.tolist())
    return y, np.unique(y)
