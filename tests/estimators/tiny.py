"""Estimators that are fitted in a moment, and depend on no default."""

from sk_knagcn import (
    CGCNNClassifier,
    CGCNNRegressor,
    GCN3DClassifier,
    GCN3DRegressor,
    KNAGCNClassifier,
    KNAGCNRegressor,
)

K = 6
PARAMETERS = {
    "n_layers": 1,
    "width": 8,
    "k": K,
    "n_radial": 6,
    "radial": "gaussian",
    "embedding": "mixed",
    "readout": "mean",
    "head": (8,),
    "dropout": 0.0,
    "loss": None,
    "max_epochs": 2,
    "batch_size": 4,
    "lr": 1e-2,
    "optimizer": "adamw",
    "schedule": "constant",
    "weight_decay": 0.0,
    "averaging": 0.0,
    "early_stopping": False,
    "device": "cpu",
    "precision": "float32",
    "random_state": 0,
}
REGRESSORS = [
    (KNAGCNRegressor, {"convolution": "moments"}),
    (KNAGCNRegressor, {"convolution": "slots"}),
    (CGCNNRegressor, {}),
    (GCN3DRegressor, {}),
]
CLASSIFIERS = [
    (KNAGCNClassifier, {"convolution": "moments"}),
    (KNAGCNClassifier, {"convolution": "slots"}),
    (CGCNNClassifier, {}),
    (GCN3DClassifier, {}),
]
NAMES = ["moments", "slots", "cgcnn", "3dgcn"]


def tiny(cls=KNAGCNRegressor, /, **changes):
    """A small estimator."""
    return cls(**{**PARAMETERS, **changes})
