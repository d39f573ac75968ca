"""Several models together: a better prediction, and how far they disagree."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Integral
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.base import MetaEstimatorMixin, RegressorMixin, clone, is_classifier
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions
from sklearn.utils.metaestimators import _BaseComposition
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import check_is_fitted

from sk_knagcn.estimators.weights import weights_for

_AGGREGATES: dict[str, Callable[..., Any]] = {"median": np.median, "mean": np.mean}


class EnsembleRegressor(MetaEstimatorMixin, RegressorMixin, _BaseComposition):
    """The median of several models, and their spread as an uncertainty.

    Members may be of any kind, networks and scikit-learn pipelines alike, as long as
    all take the same X. Each is fitted to all of it, networks from seeds of their own.

    Parameters
    ----------
    estimators : estimator or list of (str, estimator) tuples
        One estimator, of which `n_members` copies are fitted; or the members.
    n_members : int, default=5
        How many copies, if a single estimator is given.
    aggregate : {"median", "mean"}, default="median"
        How predictions are put together. The median takes no notice of a member that
        is far off.
    n_jobs : int, default=None
        Members fitted at the same time.
    random_state : int, RandomState instance or None, default=None
        Seeds of the members.

    Attributes
    ----------
    estimators_ : list of estimators
        The fitted members.

    See Also
    --------
    KNAGCNRegressor : The usual member.
    sklearn.ensemble.StackingRegressor : Learns how much to trust each member.

    Examples
    --------
    >>> from pymatgen.core import Lattice, Structure
    >>> from sk_knagcn import EnsembleRegressor, KNAGCNRegressor
    >>> salts = [
    ...     Structure.from_spacegroup(
    ...         "Fm-3m", Lattice.cubic(a), ["Na", x], [[0, 0, 0], [0.5, 0.5, 0.5]]
    ...     )
    ...     for x, a in [("F", 4.62), ("Cl", 5.64), ("Br", 5.97)]
    ... ]
    >>> model = EnsembleRegressor(KNAGCNRegressor(max_epochs=5), n_members=3)
    >>> y, std = model.fit(salts, [1269, 1074, 1020]).predict(salts, return_std=True)
    >>> y.shape, std.shape
    ((3,), (3,))
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "estimators": [HasMethods(["fit", "predict"]), list],
        "n_members": [Interval(Integral, 1, None, closed="left")],
        "aggregate": [StrOptions(set(_AGGREGATES))],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        estimators: Any,
        *,
        n_members: int = 5,
        aggregate: str = "median",
        n_jobs: int | None = None,
        random_state: Any = None,
    ):
        self.estimators = estimators
        self.n_members = n_members
        self.aggregate = aggregate
        self.n_jobs = n_jobs
        self.random_state = random_state

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Get the parameters, those of the members too.

        Parameters
        ----------
        deep : bool, default=True
            Include the parameters of the members, as ``name__parameter``.

        Returns
        -------
        dict
            Names and values.
        """
        if isinstance(self.estimators, list):
            return self._get_params("estimators", deep=deep)
        return super().get_params(deep=deep)

    def set_params(self, **params: Any) -> EnsembleRegressor:
        """Set parameters, those of the members too.

        Parameters
        ----------
        **params : object
            Names and values, as `get_params` gives them.

        Returns
        -------
        EnsembleRegressor
            Itself.
        """
        if "estimators" in params:  # first: other names may be those of its members
            self.estimators = params.pop("estimators")
        if isinstance(self.estimators, list):
            self._set_params("estimators", **params)
        else:
            super().set_params(**params)
        return self

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> EnsembleRegressor:
        """Fit all members.

        Parameters
        ----------
        X : structures or graphs
            Whatever all members take.
        y : array-like of shape (n_structures,) or (n_structures, n_targets)
            The targets.
        sample_weight : array-like of shape (n_structures,), default=None
            How much each structure counts; all members must take it, pipelines in their
            last step.

        Returns
        -------
        EnsembleRegressor
            Itself.
        """
        self._validate_params()
        random = check_random_state(self.random_state)
        members = [clone(member) for member in self._members()]
        if any(is_classifier(member) for member in members):
            raise ValueError(
                "the members must be regressors. For classifiers take scikit-learn's "
                "VotingClassifier(voting='soft')."
            )
        for member in members:
            _draw_seeds(member, random)
        self.estimators_ = Parallel(n_jobs=self.n_jobs)(
            delayed(_fit_member)(member, X, y, weights_for(member, sample_weight))
            for member in members
        )
        return self

    def predict(self, X: Any, return_std: bool = False) -> Any:
        """Predict the targets.

        Parameters
        ----------
        X : structures or graphs
            As in `fit`.
        return_std : bool, default=False
            Give the standard deviation over the members as well.

        Returns
        -------
        y : ndarray of shape (n_structures,) or (n_structures, n_targets)
            The median (or mean) of the members' predictions.
        std : ndarray of the same shape
            Only if `return_std`. Members agree too much: calibrate before use.
        """
        check_is_fitted(self)
        self._validate_params()  # aggregate may have been set since
        answers = [np.asarray(member.predict(X)) for member in self.estimators_]
        if len({answer.shape for answer in answers}) > 1:  # columns, and none
            answers = [answer.reshape(len(answer)) for answer in answers]
        predictions = np.stack(answers)
        y: NDArray[np.float64] = _AGGREGATES[self.aggregate](predictions, axis=0)
        return (y, predictions.std(axis=0)) if return_std else y

    def _members(self) -> list[Any]:
        if not isinstance(self.estimators, list):
            return [self.estimators] * self.n_members
        if not self.estimators:
            raise ValueError("estimators is empty. Pass at least one member.")
        if not all(isinstance(named, tuple | list) for named in self.estimators):
            raise ValueError(
                "estimators must be one estimator or a list of (name, estimator): give "
                "each member of the list a name."
            )
        names, members = zip(*self.estimators, strict=True)
        self._validate_names(names)
        return list(members)

    def __sklearn_tags__(self) -> Any:
        """Take whatever the members take."""
        tags = super().__sklearn_tags__()
        tags.no_validation = True
        tags.input_tags.two_d_array = False
        return tags


def _draw_seeds(member: Any, random: np.random.RandomState) -> None:
    """Give a member, and all that is nested in it, seeds of its own."""
    names = sorted(member.get_params(deep=True))
    nested = [n for n in names if n.rpartition("__")[2] == "random_state"]
    member.set_params(**{n: int(random.randint(2**31 - 1)) for n in nested})


def _fit_member(member: Any, X: Any, y: Any, weights: dict[str, Any]) -> Any:
    return member.fit(X, y, **weights)
