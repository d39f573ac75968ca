"""What all classifiers share."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin

from sk_knagcn.estimators.base import GraphEstimator
from sk_knagcn.estimators.classes import read_classes
from sk_knagcn.estimators.inputs import check_lengths, check_weights, target_names_of


class GraphClassifier(ClassifierMixin, GraphEstimator):
    """A network that tells classes apart, two or more."""

    classes_: NDArray[Any]
    target_names_: tuple[str, ...]

    def fit(
        self, X: Any, y: Any, sample_weight: Any = None, groups: Any = None
    ) -> GraphClassifier:
        """Train the network.

        Parameters
        ----------
        X : structures or graphs
            Graphs from `StructureGraphTransformer`, or what it takes.
        y : array-like of shape (n_structures,)
            The classes: numbers, strings or booleans.
        sample_weight : array-like of shape (n_structures,), default=None
            How much each structure counts.
        groups : array-like of shape (n_structures,), default=None
            Structures of one group stay together when `early_stopping` keeps some of
            them aside.

        Returns
        -------
        GraphClassifier
            Itself.
        """
        return self._fit(X, y, sample_weight, groups=groups)

    def partial_fit(
        self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None
    ) -> GraphClassifier:
        """Train for one more epoch, at a constant learning rate.

        Parameters
        ----------
        X : structures or graphs
            As in `fit`.
        y : array-like of shape (n_structures,)
            The classes.
        classes : array-like of shape (n_classes,), default=None
            All classes that will ever come, in the first call if y lacks some.
        sample_weight : array-like of shape (n_structures,), default=None
            How much each structure counts beside the others of this call.

        Returns
        -------
        GraphClassifier
            Itself.
        """
        return self._fit(X, y, sample_weight, classes=classes, epochs=1)

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Predict how probable each class is.

        Parameters
        ----------
        X : structures or graphs
            As in `fit`; graphs must be made with the settings of the training.

        Returns
        -------
        ndarray of shape (n_structures, n_classes)
            Columns in the order of `classes_`; every row adds up to 1.
        """
        rows, _ = self._rows(X)
        outputs = torch.cat(self.net_.outputs(rows)).double()
        return np.asarray(torch.softmax(outputs, dim=1))

    def predict(self, X: Any) -> NDArray[Any]:
        """Predict the most probable class.

        Parameters
        ----------
        X : structures or graphs
            As in `predict_proba`.

        Returns
        -------
        ndarray of shape (n_structures,)
            In the order of X.
        """
        best = self.predict_proba(X).argmax(axis=1)
        return self.classes_[best]

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Share of structures whose class is predicted.

        Parameters
        ----------
        X : structures or graphs
            As in `predict`.
        y : array-like of shape (n_structures,)
            The classes, as in `fit`.
        sample_weight : array-like of shape (n_structures,), default=None
            How much each structure counts.

        Returns
        -------
        float
            Between 0 and 1.
        """
        return float(super().score(X, read_classes(y), sample_weight))

    def _fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        groups: Any = None,
        classes: Any = None,
        epochs: int | None = None,
    ) -> GraphClassifier:
        if self.loss is not None:
            raise ValueError(
                f"loss={self.loss!r} is for regressors. Leave it at None: classifiers "
                "make the cross-entropy small."
            )
        graphs = self._read(X)
        names = target_names_of(y)
        y = read_classes(y, warn=True)
        check_lengths(graphs, y)
        weights = check_weights(sample_weight, y)
        if not self._is_warm(epochs):
            known = np.unique(y if classes is None else classes)
        else:
            known = self.classes_
            if classes is not None and not np.array_equal(np.unique(classes), known):
                raise ValueError(
                    f"classes={np.unique(classes).tolist()} are not those of the first "
                    f"call: {known.tolist()}. Leave classes out, or fit anew."
                )
        numbers = np.searchsorted(known, y).clip(max=len(known) - 1)
        unknown = known[numbers] != y
        if unknown.any():
            raise ValueError(
                f"y has the class {y[unknown].tolist()[0]!r}, which was not there at "
                f"the first fit: {known.tolist()}. Pass all classes then."
            )
        if len(known) < 2:
            raise ValueError(
                f"y has one class only, {known.tolist()[0]!r}; two are needed."
            )
        if self.early_stopping and groups is None and epochs is None:
            _check_can_be_kept_aside(y[weights > 0])
        self._train(
            graphs,
            numbers[:, None].astype(np.float64),
            weights[:, None],
            n_outputs=len(known),
            loss="log_loss",
            stratify=numbers,
            groups=groups,
            epochs=epochs,
        )
        self.classes_ = known
        self.target_names_ = names
        return self


def _check_can_be_kept_aside(y: NDArray[Any]) -> None:
    """Some structures of every class are kept aside, and some are not."""
    classes, counts = np.unique(y, return_counts=True)
    alone = classes[counts == 1].tolist()
    if alone:
        raise ValueError(
            "early_stopping=True keeps structures of every class aside, and of "
            f"{', '.join(map(repr, alone))} there is only one. Pass more of them, "
            "leave them out, or early_stopping=False."
        )
