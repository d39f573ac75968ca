"""How sample weights reach an estimator inside others."""

from __future__ import annotations

from typing import Any

import sklearn
from sklearn.pipeline import Pipeline


def weights_for(model: Any, sample_weight: Any) -> dict[str, Any]:
    """What to pass to `fit` of a model so that it counts its rows by these weights.

    A pipeline wants to be told which step they are for, unless metadata is routed.

    Parameters
    ----------
    model : estimator
        The model; in a pipeline the weights are for the last step.
    sample_weight : array-like or None
        The weights, if there are any.

    Returns
    -------
    dict
        Keyword arguments for `fit`.
    """
    if sample_weight is None:
        return {}
    name, last = "sample_weight", model
    if not sklearn.get_config()["enable_metadata_routing"]:
        steps = []
        while isinstance(last, Pipeline):
            step, last = last.steps[-1]
            steps.append(step)
        name = "__".join([*steps, name])
    return {name: sample_weight}
