"""The published networks that k-NAGCN is compared with, trained as well as it is."""

from __future__ import annotations

from typing import Any, ClassVar

from sk_knagcn.estimators.base import GraphEstimator
from sk_knagcn.estimators.classifier import GraphClassifier
from sk_knagcn.estimators.parameters import document
from sk_knagcn.estimators.published import CGCNN, PublishedEstimator
from sk_knagcn.estimators.regressor import GraphRegressor


class _CGCNN(PublishedEstimator):
    _network: ClassVar[str] = "cgcnn"
    _published: ClassVar[dict[str, Any]] = CGCNN


class _GCN3D(GraphEstimator):
    _network: ClassVar[str] = "3dgcn"
    _readout: ClassVar[str] = "max"


@document
class CGCNNRegressor(GraphRegressor, _CGCNN):
    """Predict properties of crystals with CGCNN.

    Gated sums over bonds, normalised over batches [1]_, on the same neighbours as
    k-NAGCN.

    Parameters
    ----------
    <the shared parameters>

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
    KNAGCNRegressor : The network of this package.

    References
    ----------
    .. [1] T. Xie, J. C. Grossman, "Crystal Graph Convolutional Neural Networks for an
       Accurate and Interpretable Prediction of Material Properties", Phys. Rev. Lett.
       120, 145301 (2018).

    Examples
    --------
    >>> from sk_knagcn import CGCNNRegressor
    >>> CGCNNRegressor(n_layers=4)
    CGCNNRegressor(n_layers=4)
    """


@document
class CGCNNClassifier(GraphClassifier, _CGCNN):
    """Tell classes of crystals apart with CGCNN.

    Parameters
    ----------
    <the shared parameters>

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The classes, sorted.
    target_names_ : tuple of str
        The name of y, if it was a Series that has one.
    <the shared attributes>

    See Also
    --------
    CGCNNRegressor : The same for numbers, and the paper.

    Examples
    --------
    >>> from sk_knagcn import CGCNNClassifier
    >>> CGCNNClassifier(n_layers=4)
    CGCNNClassifier(n_layers=4)
    """


@document
class GCN3DRegressor(GraphRegressor, _GCN3D):
    """Predict properties of crystals with 3DGCN.

    Scalars and vectors at each atom, which make each other along the bonds, and the
    maximum over the atoms [1]_. Here each atom's vectors stand in its own frame; of the
    vectors of its neighbours it sees the lengths. There is no radial basis: `n_radial`
    and `radial` do nothing.

    Parameters
    ----------
    <the shared parameters>

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
    KNAGCNRegressor : The network of this package.

    References
    ----------
    .. [1] H. Cho, I. S. Choi, "Three-Dimensionally Embedded Graph Convolutional Network
       (3DGCN) for Molecule Interpretation", arXiv:1811.09794 (2018).

    Examples
    --------
    >>> from sk_knagcn import GCN3DRegressor
    >>> GCN3DRegressor(n_layers=2)
    GCN3DRegressor(n_layers=2)
    """


@document
class GCN3DClassifier(GraphClassifier, _GCN3D):
    """Tell classes of crystals apart with 3DGCN.

    `n_radial` and `radial` do nothing.

    Parameters
    ----------
    <the shared parameters>

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The classes, sorted.
    target_names_ : tuple of str
        The name of y, if it was a Series that has one.
    <the shared attributes>

    See Also
    --------
    GCN3DRegressor : The same for numbers, and the paper.

    Examples
    --------
    >>> from sk_knagcn import GCN3DClassifier
    >>> GCN3DClassifier(n_layers=2)
    GCN3DClassifier(n_layers=2)
    """
