"""Models as files: weights as safetensors, everything else as JSON in their header."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from sk_knagcn.estimators import baselines, knagcn
from sk_knagcn.estimators.base import GraphEstimator
from sk_knagcn.estimators.networks import check_head, make_network
from sk_knagcn.estimators.pipelines import put_together, take_apart
from sk_knagcn.graphs import GraphSettings
from sk_knagcn.graphs.checks import check_settings
from sk_knagcn.nn import CrystalNetwork
from sk_knagcn.storage import write_whole
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
_DAMAGED = (
    *(SafetensorError, OSError, LookupError, RuntimeError, TypeError, ValueError),
    AttributeError,
)
_SIZES = ("width", "k", "n_radial", "n_outputs")
# Parameters that a file does not keep: they belong to a session or a machine.
_LEFT_OUT = ("callbacks", "checkpoint", "random_state")
# Bounds for files from others: the card in characters, the neighbours of an atom, and
# all classes in bytes.
_LONGEST_CARD, _LARGEST_K, _LARGEST_CLASSES = 2**24, 1000, 2**24


def save_model(
    estimator: GraphEstimator | Pipeline, path: str | Path, *, overwrite: bool = False
) -> None:
    """Write a fitted estimator to one file that holds no code.

    Parameters
    ----------
    estimator : estimator of this package, or a pipeline that ends in one
        Fitted. Its `callbacks`, `checkpoint` and `random_state` are not kept. Before
        it, a pipeline has a `StructureGraphTransformer`, and nothing else; if that has
        descriptors, they are a preset of `StructureDescriptors`.
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
    >>> from tempfile import TemporaryDirectory
    >>> from pymatgen.core import Lattice, Structure
    >>> from sk_knagcn import KNAGCNRegressor, load_model, save_model
    >>> salts = [
    ...     Structure.from_spacegroup(
    ...         "Fm-3m", Lattice.cubic(a), ["Na", x], [[0, 0, 0], [0.5, 0.5, 0.5]]
    ...     )
    ...     for x, a in [("F", 4.62), ("Cl", 5.64), ("Br", 5.97)]
    ... ]
    >>> model = KNAGCNRegressor(max_epochs=2).fit(salts, [1269, 1074, 1020])
    >>> with TemporaryDirectory() as folder:
    ...     save_model(model, f"{folder}/salts.safetensors")
    ...     again = load_model(f"{folder}/salts.safetensors")
    >>> bool((again.predict(salts) == model.predict(salts)).all())
    True
    """
    check_is_fitted(estimator)
    estimator, front = take_apart(estimator)
    path = Path(path)
    if path.exists() and not overwrite:
        raise FileExistsError(f"{path} exists. Pass overwrite=True to replace it.")
    if type(estimator).__name__ not in _CLASSES:
        raise TypeError(
            f"{type(estimator).__name__} cannot be saved by this function, only "
            f"{', '.join(_CLASSES)}. Use pickle or joblib for compositions of models."
        )
    estimator._validate_params()  # what does not pass here does not load either
    module = estimator.net_.module_
    tensors = {n: t.detach().cpu().contiguous() for n, t in module.state_dict().items()}
    card = {
        "format": _FORMAT,
        "format_version": _FORMAT_VERSION,
        "class": type(estimator).__name__,
        "parameters": _parameters(estimator),
        "network": estimator._architecture_,
        "graphs": asdict(estimator.graph_settings_),
        "descriptors": estimator.descriptor_names_,
        "pipeline": front,
        "fitted": _fitted(estimator),
        "history": estimator.net_.records(),
        "versions": {
            name: version(name) for name in ("sk_knagcn", "torch", "scikit-learn")
        },
    }
    text = json.dumps(card, sort_keys=True)
    metadata = {"card": text, "digest": _digest(text, tensors)}
    with write_whole(path, "model") as file:
        file.write(save(tensors, metadata))


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
    estimator or Pipeline
        As it was saved, fitted; its predictions are those of the saved one, bit by bit
        on the same machine.

    See Also
    --------
    save_model : Writes it.
    """
    path = Path(path)
    try:
        card, tensors = _read(path)
        estimator = _rebuild(card, tensors)
        network = _network(card, tensors)
        model = put_together(estimator, card.get("pipeline"))
    except FileNotFoundError:
        raise
    except _DAMAGED as error:
        raise ValueError(
            f"{path} is no model of this package, or is damaged: {error}"
        ) from error
    estimator.set_params(device=device)
    estimator._adopt(network, card["history"])
    return model


def _read(path: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """The card and the weights, if nothing has happened to them."""
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata() or {}
        # Copied, so that they lie in memory as torch lays its own: products of
        # matrices differ in the last digit otherwise.
        tensors = {name: file.get_tensor(name).clone() for name in file.keys()}
    text = metadata["card"]
    if len(text) > _LONGEST_CARD:
        raise ValueError(f"its card has more than {_LONGEST_CARD:,} characters")
    if metadata["digest"] != _digest(text, tensors):
        raise ValueError("its contents do not match its digest")
    card = json.loads(text)
    if card["format"] != _FORMAT:
        raise ValueError(f"its format is {card['format']!r}")
    if card["format_version"] > _FORMAT_VERSION:
        raise ValueError(
            f"it was written by sk_knagcn {card['versions']['sk_knagcn']} in a newer "
            "format. Update sk_knagcn"
        )
    history = card["history"]
    if not isinstance(history, list) or not all(isinstance(e, dict) for e in history):
        raise ValueError("it has no records of its training")
    return card, tensors


def _parameters(estimator: GraphEstimator) -> dict[str, Any]:
    parameters = estimator.get_params(deep=False)
    kept = {name: v for name, v in parameters.items() if name not in _LEFT_OUT}
    kept["head"] = list(check_head(kept["head"]))
    return {name: _plain(value) for name, value in kept.items()}


def _fitted(estimator: GraphEstimator) -> dict[str, Any]:
    if isinstance(estimator, knagcn.GraphClassifier):
        classes = estimator.classes_
        if classes.nbytes > _LARGEST_CLASSES:
            raise ValueError(
                f"the names of the classes take {classes.nbytes:,} bytes, of which a "
                f"file holds {_LARGEST_CLASSES:,} at most. Fit with shorter ones."
            )
        kept = {"classes": classes.tolist(), "dtype": classes.dtype.str}
        try:
            _classes(**kept)
        except ValueError as error:
            raise ValueError(
                f"these classes cannot be kept in a file: {error}. Fit with words or "
                "whole numbers, or use pickle or joblib."
            ) from error
        return {**kept, "names": list(estimator.target_names_)}
    scaler = estimator.target_scaler_
    return {
        "mean": scaler.mean.tolist(),
        "scale": scaler.scale.tolist(),
        "per_atom": scaler.per_atom,
        "is_flat": estimator.is_flat_,
        "names": list(estimator.target_names_),
    }


def _rebuild(card: dict[str, Any], tensors: dict[str, Tensor]) -> Any:
    """The estimator with all but its network."""
    parameters, fitted, network = (
        card[name] for name in ("parameters", "fitted", "network")
    )
    if not parameters.keys().isdisjoint(_LEFT_OUT):  # a folder to write to, for one
        raise ValueError(f"it sets one of {', '.join(_LEFT_OUT)}")
    estimator: Any = _CLASSES[card["class"]](**parameters)
    estimator._validate_params()
    estimator.target_names_ = tuple(map(str, fitted.get("names", ())))
    if "classes" in fitted:
        estimator.classes_ = _classes(fitted["classes"], fitted["dtype"])
        shape = estimator.classes_.shape
        n_targets = 1
    else:
        mean, scale = np.array(fitted["mean"]), np.array(fitted["scale"])
        per_atom, is_flat = bool(fitted["per_atom"]), bool(fitted["is_flat"])
        estimator.target_scaler_ = TargetScaler(mean, scale, per_atom)
        estimator.is_flat_ = is_flat
        if not (
            np.isfinite(mean).all() and np.isfinite(scale).all() and (scale > 0).all()
        ):
            raise ValueError(f"it claims targets of mean {mean} and scale {scale}")
        shape = mean.shape if mean.shape == scale.shape else ()
        n_targets = network["n_outputs"]
    named = len(estimator.target_names_) or n_targets
    if shape != (network["n_outputs"],) or named != n_targets:
        raise ValueError("its targets or classes do not belong to its network")
    estimator.graph_settings_ = GraphSettings(**card["graphs"])
    check_settings(estimator.graph_settings_)
    if network["k"] != estimator.graph_settings_.k or network["k"] > _LARGEST_K:
        raise ValueError(f"it claims k={network['k']!r} and {card['graphs']}")
    estimator.descriptor_names_ = tuple(map(str, card["descriptors"]))
    if len(estimator.descriptor_names_) != network["n_descriptors"]:
        raise ValueError("its descriptors do not belong to its network")
    estimator._architecture_ = {**network, "head": check_head(network["head"])}
    for name in _SIZES:
        if not isinstance(network[name], int) or network[name] < 1:
            raise ValueError(f"it claims {name}={network[name]!r}")
    # Nothing is made whose size the file claims without the weights to show for it.
    for layers in (network["n_layers"], len(network["head"])):
        if not 0 <= layers <= len(tensors):
            raise ValueError(f"it claims {layers} layers")
    if not 0 <= network["dropout"] < 1:
        raise ValueError(f"it claims dropout={network['dropout']!r}")
    with torch.device("meta"):
        module = make_network(estimator._architecture_, _table(tensors), seed=0)
    expected = {
        n: (value.shape, value.dtype) for n, value in module.state_dict().items()
    }
    if expected != {n: (value.shape, value.dtype) for n, value in tensors.items()}:
        raise ValueError(
            f"its weights are not those of its network in sk_knagcn "
            f"{version('sk_knagcn')}. It was written by "
            f"{card['versions']['sk_knagcn']}, which may have had another"
        )
    for name, value in tensors.items():
        if not value.isfinite().all():
            raise ValueError(f"its {name} holds NaN or infinite numbers")
    return estimator


def _classes(classes: list[Any], dtype: str) -> NDArray[Any]:
    """The classes as they were in y, if they are plain values of a plain type."""
    kind = np.dtype(dtype)
    if kind.kind not in "biufUO" or kind.itemsize * len(classes) > _LARGEST_CLASSES:
        raise ValueError(f"it claims {len(classes):,} classes of type {dtype!r}")
    if not all(isinstance(value, str | int | float) for value in classes):
        raise ValueError("its classes are no words or numbers")
    return np.array(classes, dtype=kind)


def _network(card: dict[str, Any], tensors: dict[str, Tensor]) -> CrystalNetwork:
    """The network with its weights."""
    architecture = {**card["network"], "head": tuple(card["network"]["head"])}
    module = make_network(architecture, _table(tensors), seed=0)
    module.load_state_dict(tensors)
    return module


def _table(tensors: dict[str, Tensor]) -> Tensor | None:
    return tensors.get("embedding.table")


def _plain(value: Any) -> Any:
    """A parameter as JSON knows it: grids of numpy numbers are common."""
    if isinstance(value, np.generic):
        return value.item()
    return value


def _digest(text: str, tensors: dict[str, Tensor]) -> str:
    digest = hashlib.blake2b(text.encode(), digest_size=16)
    for name in sorted(tensors):
        values = tensors[name].numpy()
        digest.update(f"{name}{values.dtype.str}{values.shape}".encode())
        digest.update(values.tobytes())
    return digest.hexdigest()
