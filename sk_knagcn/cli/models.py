"""The models of `default_models`, by names that need no quotes in a shell."""

from __future__ import annotations

import argparse
from typing import Any

NETWORKS = {
    "k-nagcn": "k-NAGCN",
    "hybrid": "hybrid",
    "k-nagcn-paper": "k-NAGCN (paper)",
    "cgcnn": "CGCNN",
    "3dgcn": "3DGCN",
}
MODELS = {
    "dummy": "dummy",
    "composition-forest": "composition + forest",
    "matminer-boosting": "matminer + boosting",
    **NETWORKS,
    "ensemble": "ensemble",
}


def make_network(args: argparse.Namespace, *, classification: bool) -> Any:
    """The pipeline that `train` was asked for."""
    from sk_knagcn.comparison import default_models
    from sk_knagcn.descriptors import StructureDescriptors

    models = default_models(
        max_epochs=args.epochs,
        random_state=args.seed,
        n_jobs=args.jobs,
        classification=classification,
    )
    model = models[NETWORKS[args.model]]
    model.set_params(graph__n_jobs=args.jobs, net__device=args.device)
    model.set_params(net__checkpoint=args.checkpoint)
    if args.k is not None:
        model.set_params(graph__k=args.k)
    if args.readout:
        model.set_params(net__readout=args.readout)
    if args.descriptors:
        preset = StructureDescriptors(
            args.descriptors, on_error="nan", n_jobs=args.jobs
        )
        model.set_params(graph__descriptors=preset)
    if args.on_disorder:  # for graphs and descriptors alike
        names = [n for n in model.get_params() if n.endswith("on_disorder")]
        model.set_params(**dict.fromkeys(names, args.on_disorder))
    return model


def graphs_of(model: Any, args: argparse.Namespace) -> Any:
    """The transformer of a pipeline, to see which structures have graphs.

    What it builds stays in memory, where the pipeline will find it.
    """
    from sklearn.base import clone

    transformer = clone(model["graph"])
    return transformer.set_params(
        descriptors=None, n_jobs=args.jobs, verbose=int(args.progress)
    )


def make_splitter(args: argparse.Namespace) -> Any:
    """What `--cv` and `--group-by` stand for."""
    if args.group_by is None:
        return args.cv
    from sk_knagcn.splits import StructureGroupKFold

    return StructureGroupKFold(by=args.group_by, n_splits=args.cv)
