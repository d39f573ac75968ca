"""Learning a property that grows with the cell: per atom, times the number of atoms."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, MetaEstimatorMixin, RegressorMixin, clone
from sklearn.utils._param_validation import HasMethods
from sklearn.utils.validation import check_array, check_is_fitted

from sk_knagcn.comparison.contents import count_atoms
from sk_knagcn.estimators import EnsembleRegressor
from sk_knagcn.estimators.base import GraphEstimator
from sk_knagcn.estimators.inputs import check_lengths
from sk_knagcn.estimators.pipelines import last_step
from sk_knagcn.estimators.weights import weights_for


class PerAtomRegressor(MetaEstimatorMixin, RegressorMixin, BaseEstimator):
    """Fit a regressor to values per atom; predict values of whole cells.

    Heat capacities, energies and other properties of a cell double when the cell is
    doubled. Few regressors find that out by themselves; divided by the number of atoms
    the property is much easier to learn. Networks do the same with ``readout="sum"``.

    Parameters
    ----------
    regressor : estimator
        Takes structures, as a pipeline does that begins with `StructureDescriptors`.

    Attributes
    ----------
    regressor_ : estimator
        The fitted clone, which predicts values per atom.

    See Also
    --------
    compare : Wraps tabular models in this with ``per_atom=True``.

    Examples
    --------
    >>> from pymatgen.core import Lattice, Structure
    >>> from sklearn.dummy import DummyRegressor
    >>> from sk_knagcn import PerAtomRegressor
    >>> po = Structure(Lattice.cubic(3.35), ["Po"], [[0, 0, 0]])
    >>> model = PerAtomRegressor(DummyRegressor()).fit([po, po], [24, 26])
    >>> model.predict([po, po * (2, 1, 1)])
    array([25., 50.])
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "regressor": [HasMethods(["fit", "predict"])]
    }

    _grows = True  # with the cell, as `check_invariance` must know

    def __init__(self, regressor: Any):
        self.regressor = regressor

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> PerAtomRegressor:
        """Fit the regressor to y, divided by the numbers of atoms.

        Parameters
        ----------
        X : structures or graphs
            Whatever the regressor takes, as long as its atoms can be counted.
        y : array-like of shape (n_structures,) or (n_structures, n_targets)
            The targets of whole cells.
        sample_weight : array-like of shape (n_structures,), default=None
            How much each structure counts; a pipeline hands it to its last step.

        Returns
        -------
        PerAtomRegressor
            Itself.
        """
        self._validate_params()
        n_atoms = count_atoms(X)
        y = check_array(
            y,
            ensure_2d=False,
            ensure_all_finite="allow-nan",
            dtype=np.float64,
            input_name="y",
        )
        check_lengths(n_atoms, y)
        weights = weights_for(self.regressor, sample_weight)
        self.regressor_ = clone(self.regressor).fit(
            X, y / _along(n_atoms, y), **weights
        )
        return self

    def predict(self, X: Any) -> NDArray[np.float64]:
        """Predict values of whole cells.

        Parameters
        ----------
        X : structures or graphs
            As in `fit`.

        Returns
        -------
        ndarray of shape (n_structures,) or (n_structures, n_targets)
            Predictions per atom, times the numbers of atoms.
        """
        check_is_fitted(self)
        per_atom = self.regressor_.predict(X)
        return per_atom * _along(count_atoms(X), per_atom)

    def __sklearn_tags__(self) -> Any:
        """Take whatever the regressor takes."""
        tags = super().__sklearn_tags__()
        tags.no_validation = True
        tags.input_tags.two_d_array = False
        return tags


def per_atom_version(model: Any) -> Any:
    """The model, made to learn values per atom where it does not already.

    Networks, alone or at the end of a pipeline, sum over the atoms, unless they were
    given a readout; all else is wrapped, as it may do anything with the target before a
    network inside sees it; members of an ensemble are taken one by one.
    """
    if isinstance(model, EnsembleRegressor):
        model = clone(model)
        if isinstance(model.estimators, list):
            members = [(name, per_atom_version(one)) for name, one in model.estimators]
        else:
            members = per_atom_version(model.estimators)
        return model.set_params(estimators=members)
    model = clone(model)
    last = last_step(model)
    if isinstance(last, GraphEstimator):
        if last.readout is None:
            last.set_params(readout="sum")
        return model
    return model if isinstance(model, PerAtomRegressor) else PerAtomRegressor(model)


def _along(n_atoms: NDArray[np.int64], y: NDArray[np.float64]) -> NDArray[np.int64]:
    """The numbers of atoms, with as many axes as y."""
    return n_atoms if y.ndim == 1 else n_atoms[:, None]
