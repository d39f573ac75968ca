"""Graphs and descriptors of all structures, made once before any model is fitted.

Only what belongs to each structure by itself is made here, never what is learnt from
many. Models find it in their caches, so that the times of fits compare models and not
who came first.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

from sklearn.base import clone
from sklearn.pipeline import Pipeline

from sk_knagcn.descriptors import StructureDescriptors
from sk_knagcn.estimators.base import GraphEstimator
from sk_knagcn.estimators.inputs import DEFAULT_K
from sk_knagcn.graphs import GraphCache, StructureGraphTransformer, as_graphs

_BYTES = 2**28  # of graphs in memory, where the rest is in a folder


def ready_model(model: Any, folder: Path | None) -> Any:
    """A clone that finds its graphs in a cache, in a folder if processes share it."""
    # Of frozen estimators `clone` gives the user's own, which stay as they are.
    kept = {id(transformer) for transformer in transformers_in(model)}
    model = clone(model)
    if isinstance(model, GraphEstimator):
        k = DEFAULT_K if model.k is None else model.k
        graph = StructureGraphTransformer(k=k)
        model = Pipeline([("graph", graph), ("net", model)])
    if folder is not None:
        for transformer in transformers_in(model):
            if id(transformer) in kept:
                continue
            if not _dies_with_the_process(transformer.cache):
                continue
            if isinstance(transformer, StructureGraphTransformer):
                transformer.set_params(cache=GraphCache(_BYTES, folder))
            else:
                transformer.set_params(cache=folder)
    return model


def fill_caches(
    models: Mapping[str, Any], X: Any, n_jobs: int | None
) -> dict[str, Exception]:
    """Let every transformer inside the models see every structure once.

    Returns
    -------
    dict of str to Exception
        By the name of a model, what a transformer in front of it could not do: within
        the folds structures have other numbers.
    """
    errors: dict[str, Exception] = {}
    for name, transformer in _largest_k_first(models):
        if transformer.cache is None:
            continue
        is_step = _is_step(transformer, models[name])
        transformer = clone(transformer).set_params(n_jobs=n_jobs)
        if isinstance(transformer, StructureGraphTransformer):
            transformer.set_params(descriptors=None)  # these come by themselves
        if not transformer.__sklearn_is_fitted__():  # it learns, within the folds
            continue
        try:
            transformer.transform(X)
        except Exception as error:
            if is_step:
                errors.setdefault(name, error)
    return errors


def _is_step(transformer: Any, model: Any) -> bool:
    """Whether a transformer, as it is now, is a step of a model."""
    steps = [step for _, step in model.steps] if isinstance(model, Pipeline) else []
    steps += [getattr(step, "descriptors", None) for step in steps]
    return any(step is transformer for step in steps)


def make_own_graphs(model: Any, *parts: Any) -> None:
    """Let networks that make their graphs themselves, deep inside a model, find them.

    They know no cache but that of their process, so this is done in each.
    """
    networks = list(_networks_alone(model))
    for k in {DEFAULT_K if net.k is None else net.k for net in networks}:
        for X in parts:
            if as_graphs(X) is None:
                with contextlib.suppress(Exception):  # the fit will say what is wrong
                    StructureGraphTransformer(k=k).transform(X)


def _networks_alone(model: Any) -> Iterator[GraphEstimator]:
    """Networks inside a model without a transformer in front of them."""
    if isinstance(model, GraphEstimator):
        yield model
        return
    if isinstance(model, StructureGraphTransformer) or not hasattr(model, "get_params"):
        return
    for part in model.get_params(deep=False).values():
        named = part if isinstance(part, list) else [part]  # (name, estimator)
        for one in chain(*(n if isinstance(n, tuple) else (n,) for n in named)):
            if isinstance(one, StructureGraphTransformer):
                return  # those behind it take its graphs
            if not isinstance(one, type):
                yield from _networks_alone(one)


def transformers_in(model: Any) -> Iterator[Any]:
    """What makes graphs or descriptors inside a model, however deep."""
    for part in [model, *model.get_params(deep=True).values()]:
        if isinstance(part, (StructureGraphTransformer, StructureDescriptors)):
            yield part


def _largest_k_first(models: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Neighbours for a smaller k are among those for a larger one."""
    found = [
        (name, part)
        for name, model in models.items()
        for part in transformers_in(model)
    ]
    return sorted(found, key=lambda one: -getattr(one[1], "k", 0))


def _dies_with_the_process(cache: Any) -> bool:
    if isinstance(cache, GraphCache):
        return cache.path is None
    return cache == "memory"
