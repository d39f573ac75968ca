"""A network with the transformer in front of it, as plain values and back."""

from __future__ import annotations

from typing import Any

from sklearn.pipeline import Pipeline

from sk_knagcn.descriptors import StructureDescriptors
from sk_knagcn.graphs import StructureGraphTransformer

# What decides the outcome. The other parameters belong to a session or a machine.
_OF_GRAPHS = (
    *("k", "frames", "reflect", "reduce", "tie_tolerance"),
    *("on_disorder", "dtype"),
)
_OF_DESCRIPTORS = ("preset", "on_error", "on_disorder")


def last_step(model: Any) -> Any:
    """What is asked in the end: the model itself, or the end of a pipeline."""
    while isinstance(model, Pipeline):
        model = model.steps[-1][1]
    return model


def take_apart(model: Any) -> tuple[Any, dict[str, Any] | None]:
    """The network of a pipeline, and the rest of it; None for a network alone."""
    if not isinstance(model, Pipeline):
        return model, None
    transformer = model.steps[0][1]
    if len(model.steps) != 2 or not isinstance(transformer, StructureGraphTransformer):
        raise TypeError(
            "only pipelines of a StructureGraphTransformer and a network can be saved "
            f"by this function, not {', '.join(model.named_steps)}. Save the network "
            "alone, or use pickle or joblib."
        )
    (graph, _), (net, estimator) = model.steps
    front = {
        "steps": [graph, net],
        "graphs": _values(transformer, _OF_GRAPHS),
        "descriptors": _of_descriptors(transformer.descriptors),
    }
    return estimator, front


def put_together(estimator: Any, front: dict[str, Any] | None) -> Any:
    """The pipeline again, from a network and the rest of it."""
    if front is None:
        return estimator
    graph, net = front["steps"]
    transformer = StructureGraphTransformer(**_known(front["graphs"], _OF_GRAPHS))
    transformer._validate_params()
    if front["descriptors"] is not None:
        of_descriptors = _known(front["descriptors"], _OF_DESCRIPTORS)
        descriptors = StructureDescriptors(**of_descriptors)
        descriptors._validate_params()
        # A preset has nothing to learn: it is as good as fitted.
        transformer.descriptors = transformer.descriptors_ = descriptors
    return Pipeline([(str(graph), transformer), (str(net), estimator)])


def _known(values: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """The values, if they are of these names: a cache, say, would be written to."""
    foreign = sorted(set(values) - set(names))
    if foreign:
        raise ValueError(f"it sets {', '.join(map(str, foreign))}")
    return values


def _of_descriptors(descriptors: Any) -> dict[str, Any] | None:
    if descriptors is None:
        return None
    preset = isinstance(descriptors, StructureDescriptors)
    if not preset or descriptors.featurizers is not None:
        raise TypeError(
            f"of descriptors only the presets of StructureDescriptors can be saved by "
            f"this function, not {descriptors}. Use pickle or joblib."
        )
    return _values(descriptors, _OF_DESCRIPTORS)


def _values(transformer: Any, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(transformer, name) for name in names}
