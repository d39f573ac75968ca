"""Models as files: weights as safetensors, everything else as JSON in their header."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from sk_knagcn.estimators.base import GraphEstimator
from sk_knagcn.estimators.classifier import GraphClassifier
from sk_knagcn.estimators.networks import check_head
from sk_knagcn.estimators.pipelines import put_together, take_apart
from sk_knagcn.estimators.rebuilding import (
    KINDS,
    LARGEST_CLASSES,
    LEFT_OUT,
    plain_classes,
    rebuild,
)
from sk_knagcn.storage import write_whole

_FORMAT = "sk_knagcn model"
_FORMAT_VERSION = 1
_DAMAGED = (
    *(SafetensorError, OSError, LookupError, RuntimeError, TypeError, ValueError),
    AttributeError,
)
_LONGEST_CARD = 2**24  # characters, in files from others


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
    if type(estimator).__name__ not in KINDS:
        raise TypeError(
            f"{type(estimator).__name__} cannot be saved by this function, only "
            f"{', '.join(KINDS)}. Use pickle or joblib for compositions of models."
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
    # Grids hold numpy's numbers, which JSON does not know.
    text = json.dumps(card, sort_keys=True, default=np.generic.item)
    if len(text) > _LONGEST_CARD:  # it could not be loaded
        raise ValueError(
            f"the settings and the history of {len(card['history'])} epochs take "
            f"{len(text):,} characters, of which a file holds {_LONGEST_CARD:,} at "
            "most. Let callbacks record less, or use pickle or joblib."
        )
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
        estimator, network = rebuild(card, tensors)
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
    kept = {name: v for name, v in parameters.items() if name not in LEFT_OUT}
    kept["head"] = list(check_head(kept["head"]))
    return kept


def _fitted(estimator: GraphEstimator) -> dict[str, Any]:
    if isinstance(estimator, GraphClassifier):
        classes = estimator.classes_
        if classes.nbytes > LARGEST_CLASSES:
            raise ValueError(
                f"the names of the classes take {classes.nbytes:,} bytes, of which a "
                f"file holds {LARGEST_CLASSES:,} at most. Fit with shorter ones."
            )
        kept = {"classes": classes.tolist(), "dtype": classes.dtype.str}
        try:
            plain_classes(**kept)
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


def _digest(text: str, tensors: dict[str, Tensor]) -> str:
    digest = hashlib.blake2b(text.encode(), digest_size=16)
    for name in sorted(tensors):
        values = tensors[name].numpy()
        digest.update(f"{name}{values.dtype.str}{values.shape}".encode())
        digest.update(values.tobytes())
    return digest.hexdigest()
