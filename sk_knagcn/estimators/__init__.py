"""The scikit-learn estimators."""

from sk_knagcn.estimators.baselines import (
    CGCNNClassifier,
    CGCNNRegressor,
    GCN3DClassifier,
    GCN3DRegressor,
)
from sk_knagcn.estimators.ensemble import EnsembleRegressor
from sk_knagcn.estimators.knagcn import KNAGCNClassifier, KNAGCNRegressor
from sk_knagcn.estimators.persistence import load_model, save_model

__all__ = [
    "CGCNNClassifier",
    "CGCNNRegressor",
    "EnsembleRegressor",
    "GCN3DClassifier",
    "GCN3DRegressor",
    "KNAGCNClassifier",
    "KNAGCNRegressor",
    "load_model",
    "save_model",
]
