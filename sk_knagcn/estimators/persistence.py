"""Models as files: weights as safetensors, everything else as JSON in their header."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from sk_knagcn.estimators import baselines, knagcn
from sk_knagcn.estimators.base import GraphEstimator
from sk_knagcn.graphs import GraphSettings
from sk_knagcn.nn import CrystalNetwork
from sk_knagcn.training import TargetScaler

_FORMAT = "sk_knagcn model"
_FORMAT_VERSION = 1
_CLASSES: dict[str, type[GraphEstimator]] = {
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
_LEFT_OUT = ("callbacks", "checkpoint", "random_state")


def save_model(
    estimator: GraphEstimator, path: str | Path, *, overwrite: bool = False
) -> None:
    """Write a fitted estimator to one file that holds no code.

    Parameters
    ----------
    estimator : estimator of this package
        Fitted. Its `callbacks`, `checkpoint` and `random_state` are not kept.
    path : str or Path
        The file, by custom with the ending ``.safetensors``. It appears only when it
        is complete.
    overwrite : bool, default=False
        Replace a file that is already there.

    See Also
    --------
    load_model : Reads it again.

    Examples
    --------
    >>> from pymatgen.core import Lattice, Structure
    >>> from sk_knagcn import KNAGCNRegressor, load_model, save_model
    >>> salts = [
    ...     Structure.from_spacegroup(
    ...         "Fm-3m", Lattice.cubic(a), ["Na", x], [[0, 0, 0], [0.5, 0.5, 0.5]]
    ...     )
    ...     for x, a in [("F", 4.62), ("Cl", 5.64), ("Br", 5.97)]
    ... ]
    >>> model = KNAGCNRegressor(max_epochs=2).fit(salts, [1269, 1074, 1020])
    >>> save_model(model, "salts.safetensors")
    >>> again = load_model("salts.safetensors")
    >>> bool((again.predict(salts) == model.predict(salts)).all())
    True
    """
    check_is_fitted(estimator)
    path = Path(path)
    if path.exists() and not overwrite:
        raise FileExistsError(f"{path} exists. Pass overwrite=True to replace it.")
    if type(estimator).__name__ not in _CLASSES:
        raise TypeError(
            f"{type(estimator).__name__} cannot be saved by this function, only "
            f"{', '.join(_CLASSES)}. Use pickle or joblib for compositions of models."
        )
    module = estimator.net_.module_
    tensors = {n: t.detach().cpu().contiguous() for n, t in module.state_dict().items()}
    card = {
        "format": _FORMAT,
        "format_version": _FORMAT_VERSION,
        "class": type(estimator).__name__,
        "parameters": _parameters(estimator),
        "network": {
            **estimator._architecture_,
            "learned": module.embedding.own is not None,
        },
        "graphs": asdict(estimator.graph_settings_),
        "fitted": _fitted(estimator),
        "history": estimator.net_.records(),
        "versions": {
            name: version(name) for name in ("sk_knagcn", "torch", "scikit-learn")
        },
    }
    text = json.dumps(card, sort_keys=True)
    metadata = {"card": text, "digest": _digest(text, tensors)}
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        save_file(tensors, partial, metadata)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def load_model(path: str | Path, *, device: str = "auto") -> Any:
    """Read an estimator that `save_model` wrote. No code from the file is run.

    Parameters
    ----------
    path : str or Path
        The file.
    device : str, default="auto"
        Where the model shall predict.

    Returns
    -------
    estimator
        Fitted; its predictions are those of the saved one, bit by bit on the same
        machine.

    See Also
    --------
    save_model : Writes it.
    """
    path = Path(path)
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}
        text = metadata["card"]
        card = json.loads(text)
        known = card["format"] == _FORMAT and card["class"] in _CLASSES
    except FileNotFoundError:
        raise
    except (SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"{path} is no model of this package, or is damaged: {error!r}."
        ) from error
    if not known:
        raise ValueError(f"{path} holds no model of this package.")
    if card["format_version"] > _FORMAT_VERSION:
        raise ValueError(
            f"{path} was written by sk_knagcn {card['versions']['sk_knagcn']}, in a "
            "format that this version does not know. Update sk_knagcn."
        )
    if metadata.get("digest") != _digest(text, tensors):
        raise ValueError(f"{path} is damaged: its contents do not match its digest.")
    return _rebuild(card, tensors, device)


def _parameters(estimator: GraphEstimator) -> dict[str, Any]:
    parameters = estimator.get_params(deep=False)
    kept = {name: v for name, v in parameters.items() if name not in _LEFT_OUT}
    kept["head"] = [int(width) for width in kept["head"]]
    return kept


def _fitted(estimator: GraphEstimator) -> dict[str, Any]:
    if isinstance(estimator, knagcn.GraphClassifier):
        classes = estimator.classes_
        return {"classes": classes.tolist(), "dtype": classes.dtype.str}
    scaler = estimator.target_scaler_
    return {
        "mean": scaler.mean.tolist(),
        "scale": scaler.scale.tolist(),
        "per_atom": scaler.per_atom,
        "is_flat": estimator.is_flat_,
    }


def _rebuild(card: dict[str, Any], tensors: dict[str, Tensor], device: str) -> Any:
    estimator: Any = _CLASSES[card["class"]](**card["parameters"])
    estimator.set_params(device=device)
    fitted = card["fitted"]
    if "classes" in fitted:
        estimator.classes_ = np.array(fitted["classes"], dtype=fitted["dtype"])
    else:
        mean, scale = np.array(fitted["mean"]), np.array(fitted["scale"])
        estimator.target_scaler_ = TargetScaler(mean, scale, fitted["per_atom"])
        estimator.is_flat_ = fitted["is_flat"]
    estimator.graph_settings_ = GraphSettings(**card["graphs"])
    estimator.n_features_in_ = 1
    network = dict(card["network"])
    estimator._architecture_ = {
        **{name: value for name, value in network.items() if name != "learned"},
        "head": tuple(network["head"]),
    }
    # Built without memory first: what the card says of sizes is checked before use.
    with torch.device("meta"):
        module = CrystalNetwork(**network, table=tensors.get("embedding.table"))
    expected = {name: value.shape for name, value in module.state_dict().items()}
    found = {name: value.shape for name, value in tensors.items()}
    if expected != found:
        raise ValueError("the weights in the file do not belong to its network.")
    module.load_state_dict(tensors, assign=True)
    for parameter in module.parameters():
        parameter.requires_grad_(True)
    estimator._adopt(module, card["history"])
    return estimator


def _digest(text: str, tensors: dict[str, Tensor]) -> str:
    digest = hashlib.blake2b(text.encode(), digest_size=16)
    for name in sorted(tensors):
        values = tensors[name].numpy()
        digest.update(f"{name}{values.dtype.str}{values.shape}".encode())
        digest.update(values.tobytes())
    return digest.hexdigest()
