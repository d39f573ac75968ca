"""k-NAGCN: the networks this package is about."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from sklearn.utils._param_validation import StrOptions

from sk_knagcn.estimators.classifier import GraphClassifier
from sk_knagcn.estimators.parameters import document
from sk_knagcn.estimators.published import K_NAGCN, PublishedEstimator
from sk_knagcn.estimators.regressor import GraphRegressor


class _KNearestAtoms(PublishedEstimator):
    """The choice of the convolution."""

    _published: ClassVar[dict[str, Any]] = K_NAGCN
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **PublishedEstimator._parameter_constraints,
        "convolution": [StrOptions({"moments", "slots"})],
    }

    def __init__(
        self,
        *,
        convolution: str = "moments",
        n_layers: int = 2,
        width: int = 96,
        k: int | None = None,
        n_radial: int = 16,
        radial: str = "gaussian",
        embedding: str = "mixed",
        readout: str | None = None,
        head: Sequence[int] = (128,),
        dropout: float = 0.0,
        loss: str | None = None,
        max_epochs: int = 100,
        batch_size: int = 32,
        max_atoms: int = 20_000,
        lr: float = 2e-3,
        optimizer: str = "auto",
        schedule: str = "onecycle",
        weight_decay: float = 0.01,
        averaging: float = 0.99,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        patience: int = 50,
        warm_start: bool = False,
        device: str = "auto",
        precision: str = "auto",
        compile: bool = False,
        checkpoint: str | Path | None = None,
        random_state: Any = None,
        callbacks: list[Any] | None = None,
        verbose: int = 0,
    ):
        super().__init__(
            n_layers=n_layers,
            width=width,
            k=k,
            n_radial=n_radial,
            radial=radial,
            embedding=embedding,
            readout=readout,
            head=head,
            dropout=dropout,
            loss=loss,
            max_epochs=max_epochs,
            batch_size=batch_size,
            max_atoms=max_atoms,
            lr=lr,
            optimizer=optimizer,
            schedule=schedule,
            weight_decay=weight_decay,
            averaging=averaging,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            patience=patience,
            warm_start=warm_start,
            device=device,
            precision=precision,
            compile=compile,
            checkpoint=checkpoint,
            random_state=random_state,
            callbacks=callbacks,
            verbose=verbose,
        )
        self.convolution = convolution

    def _convolution(self) -> str:
        return self.convolution


@document
class KNAGCNRegressor(GraphRegressor, _KNearestAtoms):
    """Predict properties of crystals from the k nearest atoms of every atom.

    A graph network (k-NAGCN [1]_): every atom sees its k nearest neighbours in a local
    frame that rotations, shifts and the choice of the cell leave alone.

    Parameters
    ----------
    convolution : {"moments", "slots"}, default="moments"
        How an atom takes in its surroundings. "moments" are squares of sums over
        the neighbours, weighted by spherical harmonics, in which order and frame cancel
        out. "slots" is the paper's: one linear map of all k neighbours in order.
    <the shared parameters, but 2 layers of width 96>

    Attributes
    ----------
    target_scaler_ : TargetScaler
        Mean and spread of the training targets.
    is_flat_ : bool
        Whether y had a single axis.
    target_names_ : tuple of str
        The names of the columns of y, if it was a Series or DataFrame that has any.
    <the shared attributes>

    See Also
    --------
    StructureGraphTransformer : Makes graphs from structures, once for all folds.
    KNAGCNClassifier : The same for classes.
    CGCNNRegressor : A published network to compare with.

    References
    ----------
    .. [1] B. Zhang, M. Zhou, J. Wu, F. Gao, "Predicting Material Properties Using a 3D
       Graph Neural Network with Invariant Local Descriptors", arXiv:2102.11023 (2021).

    Examples
    --------
    >>> from pymatgen.core import Lattice, Structure
    >>> from sk_knagcn import KNAGCNRegressor
    >>> salts = [
    ...     Structure.from_spacegroup(
    ...         "Fm-3m", Lattice.cubic(a), [metal, "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]]
    ...     )
    ...     for metal, a in [("Li", 5.13), ("Na", 5.64), ("K", 6.29), ("Rb", 6.58)]
    ... ]
    >>> melting_points = [883, 1074, 1043, 991]
    >>> model = KNAGCNRegressor(max_epochs=50, random_state=0)
    >>> model.fit(salts, melting_points).predict(salts[:2]).shape
    (2,)
    """


@document
class KNAGCNClassifier(GraphClassifier, _KNearestAtoms):
    """Tell classes of crystals apart from the k nearest atoms of every atom.

    Parameters
    ----------
    convolution : {"moments", "slots"}, default="moments"
        How an atom takes in its surroundings; see `KNAGCNRegressor`.
    <the shared parameters, but 2 layers of width 96>

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The classes, sorted.
    target_names_ : tuple of str
        The name of y, if it was a Series that has one.
    <the shared attributes>

    See Also
    --------
    KNAGCNRegressor : The same for numbers.

    Examples
    --------
    >>> from pymatgen.core import Lattice, Structure
    >>> from sk_knagcn import KNAGCNClassifier
    >>> crystals = [
    ...     Structure(Lattice.cubic(2.87), ["Fe", "Fe"], [[0, 0, 0], [0.5, 0.5, 0.5]]),
    ...     Structure(Lattice.cubic(3.16), ["W", "W"], [[0, 0, 0], [0.5, 0.5, 0.5]]),
    ...     Structure(Lattice.cubic(5.64), ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]]),
    ...     Structure(Lattice.cubic(6.29), ["K", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]]),
    ... ]
    >>> model = KNAGCNClassifier(max_epochs=50, random_state=0)
    >>> model.fit(crystals, ["metal", "metal", "salt", "salt"]).predict(crystals)
    array(['metal', 'metal', 'salt', 'salt'], dtype='<U5')
    """
