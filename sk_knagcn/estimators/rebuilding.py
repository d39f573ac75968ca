"""An estimator again from what a file says of it, none of which is trusted."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sk_knagcn.estimators import baselines, knagcn
from sk_knagcn.estimators.base import GraphEstimator
from sk_knagcn.estimators.networks import check_head, make_network
from sk_knagcn.graphs import GraphSettings
from sk_knagcn.graphs.checks import check_settings
from sk_knagcn.nn import CrystalNetwork
from sk_knagcn.training import TargetScaler

KINDS: dict[str, type[GraphEstimator]] = {
    cls.__name__: cls
    for cls in (
        baselines.CGCNNClassifier,
        baselines.CGCNNRegressor,
        baselines.GCN3DClassifier,
        baselines.GCN3DRegressor,
        knagcn.KNAGCNClassifier,
        knagcn.KNAGCNRegressor,
    )
}
# Parameters that a file does not keep: they belong to a session or a machine.
LEFT_OUT = ("callbacks", "checkpoint", "random_state")
LARGEST_CLASSES = 2**24  # bytes, of all classes together
_LARGEST_K = 1000
_SIZES = ("width", "k", "n_radial", "n_outputs")


def rebuild(
    card: dict[str, Any], tensors: dict[str, Tensor]
) -> tuple[Any, CrystalNetwork]:
    """Make what the card describes, or raise an error if it does not hold together.

    Parameters
    ----------
    card : dict
        As `save_model` writes it.
    tensors : dict of str to Tensor
        The weights, by name.

    Returns
    -------
    estimator
        All of it but its net.
    CrystalNetwork
        With the weights.
    """
    if not card["parameters"].keys().isdisjoint(LEFT_OUT):  # a folder to write to, say
        raise ValueError(f"it sets one of {', '.join(LEFT_OUT)}")
    estimator: Any = KINDS[card["class"]](**card["parameters"])
    estimator._validate_params()
    architecture = {**card["network"], "head": check_head(card["network"]["head"])}
    _take_targets(estimator, card["fitted"], architecture["n_outputs"])
    _take_graphs(estimator, card, architecture)
    _check_sizes(architecture, len(tensors))
    estimator._architecture_ = architecture
    return estimator, _network(architecture, tensors, card["versions"]["sk_knagcn"])


def plain_classes(classes: list[Any], dtype: str) -> NDArray[Any]:
    """The classes as they were in y, if they are plain values of a plain type.

    Parameters
    ----------
    classes : list
        Words or numbers.
    dtype : str
        As numpy writes it.

    Returns
    -------
    ndarray
        What `classes_` was.
    """
    kind = np.dtype(dtype)
    if kind.kind not in "biufUO" or kind.itemsize * len(classes) > LARGEST_CLASSES:
        raise ValueError(f"it claims {len(classes):,} classes of type {dtype!r}")
    if not all(isinstance(value, str | int | float) for value in classes):
        raise ValueError("its classes are no words or numbers")
    return np.array(classes, dtype=kind)


def _take_targets(estimator: Any, fitted: dict[str, Any], n_outputs: int) -> None:
    """What was learnt about y: its classes, or its scale."""
    estimator.target_names_ = tuple(map(str, fitted.get("names", ())))
    if "classes" in fitted:
        estimator.classes_ = plain_classes(fitted["classes"], fitted["dtype"])
        shape, n_targets = estimator.classes_.shape, 1
    else:
        mean, scale = np.array(fitted["mean"]), np.array(fitted["scale"])
        known = np.isfinite(mean).all() and np.isfinite(scale).all()
        if not (known and (scale > 0).all()):
            raise ValueError(f"it claims targets of mean {mean} and scale {scale}")
        estimator.target_scaler_ = TargetScaler(mean, scale, bool(fitted["per_atom"]))
        estimator.is_flat_ = bool(fitted["is_flat"])
        shape = mean.shape if mean.shape == scale.shape else ()
        n_targets = n_outputs
    named = len(estimator.target_names_) or n_targets
    if shape != (n_outputs,) or named != n_targets:
        raise ValueError("its targets or classes do not belong to its network")


def _take_graphs(
    estimator: Any, card: dict[str, Any], architecture: dict[str, Any]
) -> None:
    """What the estimator expects of X."""
    estimator.graph_settings_ = GraphSettings(**card["graphs"])
    check_settings(estimator.graph_settings_)
    k = architecture["k"]
    if k != estimator.graph_settings_.k or k > _LARGEST_K:
        raise ValueError(f"it claims k={k!r} and {card['graphs']}")
    estimator.descriptor_names_ = tuple(map(str, card["descriptors"]))
    if len(estimator.descriptor_names_) != architecture["n_descriptors"]:
        raise ValueError("its descriptors do not belong to its network")


def _check_sizes(architecture: dict[str, Any], n_tensors: int) -> None:
    """Nothing is made whose size is claimed without the weights to show for it."""
    for name in _SIZES:
        if not isinstance(architecture[name], int) or architecture[name] < 1:
            raise ValueError(f"it claims {name}={architecture[name]!r}")
    for layers in (architecture["n_layers"], len(architecture["head"])):
        if not 0 <= layers <= n_tensors:
            raise ValueError(f"it claims {layers} layers")
    if not 0 <= architecture["dropout"] < 1:
        raise ValueError(f"it claims dropout={architecture['dropout']!r}")


def _network(
    architecture: dict[str, Any], tensors: dict[str, Tensor], written_by: str
) -> CrystalNetwork:
    """The network with its weights, made once it is known that they fit."""
    table = tensors.get("embedding.table")
    with torch.device("meta"):  # takes no memory, and the weights come from the file
        network = make_network(architecture, table, seed=0)
    if _forms(network.state_dict()) != _forms(tensors):
        raise ValueError(
            f"its weights are not those of its network in sk_knagcn "
            f"{version('sk_knagcn')}. It was written by {written_by}, which may have "
            "had another"
        )
    for name, value in tensors.items():
        if not value.isfinite().all():
            raise ValueError(f"its {name} holds NaN or infinite numbers")
    network.load_state_dict(tensors, assign=True)
    return network


def _forms(tensors: dict[str, Tensor]) -> dict[str, tuple[torch.Size, torch.dtype]]:
    return {name: (value.shape, value.dtype) for name, value in tensors.items()}
