"""What all regressors share."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.base import RegressorMixin
from sklearn.utils.validation import check_array

from sk_knagcn.estimators.base import GraphEstimator
from sk_knagcn.estimators.inputs import check_lengths, check_weights, target_names_of
from sk_knagcn.graphs import CrystalGraphs
from sk_knagcn.training import TargetScaler


class GraphRegressor(RegressorMixin, GraphEstimator):
    """A network that predicts numbers, one or several for each structure."""

    @property
    def _grows(self) -> bool:
        """Whether twice the cell has twice the number; `check_invariance` asks."""
        return bool(self._architecture_["readout"] == "sum")

    target_scaler_: TargetScaler
    is_flat_: bool
    target_names_: tuple[str, ...]

    def fit(
        self, X: Any, y: Any, sample_weight: Any = None, groups: Any = None
    ) -> GraphRegressor:
        """Train the network.

        Parameters
        ----------
        X : structures or graphs
            Graphs from `StructureGraphTransformer`, or what it takes.
        y : array-like of shape (n_structures,) or (n_structures, n_targets)
            The targets, in any unit: they are scaled inside. With several targets, NaN
            stands for one that is missing.
        sample_weight : array-like of shape (n_structures,), default=None
            How much each structure counts.
        groups : array-like of shape (n_structures,), default=None
            Structures of one group stay together when `early_stopping` keeps some of
            them aside.

        Returns
        -------
        GraphRegressor
            Itself.
        """
        return self._fit(X, y, sample_weight, groups=groups)

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> GraphRegressor:
        """Train for one more epoch, at a constant learning rate.

        Parameters
        ----------
        X : structures or graphs
            As in `fit`.
        y : array-like of shape (n_structures,) or (n_structures, n_targets)
            As in `fit`. The scale of the targets is that of the first call.
        sample_weight : array-like of shape (n_structures,), default=None
            How much each structure counts beside the others of this call.

        Returns
        -------
        GraphRegressor
            Itself.
        """
        return self._fit(X, y, sample_weight, epochs=1)

    def predict(self, X: Any) -> NDArray[np.float64]:
        """Predict the targets.

        Parameters
        ----------
        X : structures or graphs
            As in `fit`; graphs must be made with the settings of the training.

        Returns
        -------
        ndarray of shape (n_structures,) or (n_structures, n_targets)
            As y was in `fit`; in the order of X.
        """
        rows, graphs = self._rows(X)
        outputs = np.asarray(torch.cat(self.net_.outputs(rows)))
        y = self.target_scaler_.inverse_transform(outputs, graphs.n_atoms)
        return y[:, 0] if self.is_flat_ else y

    def atom_contributions(self, X: Any) -> list[NDArray[np.float64]]:
        """Tell what each atom adds to the prediction, with ``readout="sum"``.

        Parameters
        ----------
        X : structures or graphs
            As in `predict`.

        Returns
        -------
        list of ndarray of shape (n_atoms,) or (n_atoms, n_targets)
            For each structure, in the order of its atoms; they add up to `predict`.
        """
        rows, graphs = self._rows(X)
        if not self.net_.module_.per_atom:
            raise ValueError(
                "only readout='sum' adds up contributions of atoms; this network has "
                f"readout={self._architecture_['readout']!r}. Fit one with 'sum'."
            )
        outputs = np.asarray(torch.cat(self.net_.outputs(rows, "atom_outputs")))
        values = self.target_scaler_.inverse_transform(
            outputs, np.ones(len(outputs), dtype=np.int64)
        )
        values = values[:, 0] if self.is_flat_ else values
        parts = np.split(values, np.cumsum(graphs.n_stored_atoms)[:-1])
        return [part[graph.orbits] for part, graph in zip(parts, graphs, strict=True)]

    def __sklearn_tags__(self) -> Any:
        """Several targets at once are welcome."""
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def _fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        groups: Any = None,
        epochs: int | None = None,
    ) -> GraphRegressor:
        graphs = self._read(X)
        names = target_names_of(y)
        y, flat = _check_targets(y, graphs, may_lack=self._is_warm(epochs))
        weights = check_weights(sample_weight, y)
        if not self._is_warm(epochs):
            per_atom = self.readout == "sum"
            scaler = TargetScaler.fit(y, graphs.n_atoms, weights, per_atom=per_atom)
        else:
            scaler = self.target_scaler_
            self._check_unchanged(self._architecture(y.shape[1], graphs), graphs)
        table = np.where(np.isnan(y), 0.0, weights[:, None])
        scaled = scaler.transform(y, graphs.n_atoms)
        self._train(
            graphs,
            np.where(table > 0, scaled, 0.0),
            table,
            n_outputs=y.shape[1],
            loss=self.loss or "mae",
            groups=groups,
            epochs=epochs,
        )
        self.target_scaler_ = scaler
        self.is_flat_ = flat
        self.target_names_ = names
        return self


def _check_words(y: Any) -> None:
    """Raise an error for what is no target of a regressor."""
    if y is None:
        raise ValueError("y is None. Pass a number for each structure.")
    if getattr(getattr(y, "dtype", None), "kind", "O") not in "OUS":
        return  # an array of numbers, which may be long
    values = np.asarray(y, dtype=object).ravel()
    words = [value for value in values if isinstance(value, str)]
    if words and not all(map(_is_number, words)):
        raise ValueError(
            f"y holds words, such as {words[0]!r}, and a regressor learns numbers. "
            "For classes take the classifier of its kind, such as KNAGCNClassifier."
        )


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _check_targets(
    y: Any, graphs: CrystalGraphs, *, may_lack: bool
) -> tuple[NDArray[np.float64], bool]:
    """y as a table, and whether it was a single column without an axis of its own.

    Where training goes on, a target that all structures of a call lack may come later.
    """
    _check_words(y)
    y = check_array(
        y,
        ensure_2d=False,
        ensure_all_finite="allow-nan",
        dtype=np.float64,
        input_name="y",
    )
    if y.ndim not in (1, 2):
        raise ValueError(f"y must have one axis or two, got shape {y.shape}.")
    check_lengths(graphs, y)
    flat = y.ndim == 1
    table = y[:, None] if flat else y
    missing = np.isnan(table)
    if table.shape[1] == 1 and missing.any():
        raise ValueError(
            f"y is NaN for {missing.sum()} structures, the first of them "
            f"{missing.argmax()}. Leave these structures out."
        )
    if missing.all(axis=0).any() and not (may_lack and not missing.all()):
        raise ValueError(
            f"target {missing.all(axis=0).argmax()} is NaN for every structure. Leave "
            "it out."
        )
    return table, flat
