"""The models that are compared, by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sklearn.base import is_classifier

from sk_knagcn.comparison.default_models import default_models
from sk_knagcn.splits.numbers import as_numbers

TRUTH = "y_true"  # the column of predictions that no model may be called


def check_models(models: Any, y: Any) -> tuple[dict[str, Any], bool]:
    """Models by name, and whether they are classifiers."""
    if isinstance(models, str):
        if models != "default":
            raise ValueError(
                f"models={models!r} is not known. Pass 'default', or a dict of names "
                "and estimators."
            )
        classes = as_numbers(y) is None
        return default_models(classification=classes), classes
    if isinstance(models, Mapping):
        models = models.items()
    pairs = [models] if hasattr(models, "fit") else list(models)
    if not all(isinstance(pair, tuple | list) and len(pair) == 2 for pair in pairs):
        raise TypeError(
            f"models must be a dict of names and estimators, got {models!r}. Pass "
            "{'network': KNAGCNRegressor()}, for instance."
        )
    if not pairs:
        raise ValueError("there are no models. Pass at least one.")
    names = [name for name, _ in pairs]
    for name, model in pairs:
        if not isinstance(name, str) or not name or name == TRUTH:
            raise ValueError(f"{name!r} cannot be the name of a model. Pass another.")
        if isinstance(model, type) or not hasattr(model, "fit"):
            raise TypeError(f"{name} is {model!r}, which is no estimator.")
    if len(set(names)) < len(names):
        raise ValueError(f"every model needs a name of its own, got {names}.")
    classifiers = [name for name, model in pairs if is_classifier(model)]
    if classifiers and len(classifiers) < len(pairs):
        raise ValueError(
            f"only {', '.join(classifiers)} of {', '.join(names)} are classifiers. "
            "Compare classifiers with classifiers."
        )
    return dict(pairs), bool(classifiers)
