"""Crystal graph networks in scikit-learn's manner: Structures in, predictions out."""

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sk_knagcn.atom2vec import Atom2Vec
    from sk_knagcn.descriptors import StructureDescriptors
    from sk_knagcn.estimators import (
        CGCNNClassifier,
        CGCNNRegressor,
        EnsembleRegressor,
        GCN3DClassifier,
        GCN3DRegressor,
        KNAGCNClassifier,
        KNAGCNRegressor,
        load_model,
        save_model,
    )
    from sk_knagcn.graphs import CrystalGraphs, GraphCache, StructureGraphTransformer
    from sk_knagcn.invariance import check_invariance
    from sk_knagcn.splits import (
        StructureGroupKFold,
        leakage_report,
        paper_splits,
        structure_groups,
    )
    from sk_knagcn.structures import check_structures

__all__ = [
    "Atom2Vec",
    "CGCNNClassifier",
    "CGCNNRegressor",
    "CrystalGraphs",
    "EnsembleRegressor",
    "GCN3DClassifier",
    "GCN3DRegressor",
    "GraphCache",
    "KNAGCNClassifier",
    "KNAGCNRegressor",
    "StructureDescriptors",
    "StructureGraphTransformer",
    "StructureGroupKFold",
    "check_invariance",
    "check_structures",
    "leakage_report",
    "load_model",
    "paper_splits",
    "save_model",
    "structure_groups",
]

# The module of each public name, loaded when the name is first used: pymatgen, numba
# and torch take seconds to import, and a script rarely needs all of them.
_MODULES = {
    "Atom2Vec": "atom2vec",
    "CGCNNClassifier": "estimators",
    "CGCNNRegressor": "estimators",
    "CrystalGraphs": "graphs",
    "EnsembleRegressor": "estimators",
    "GCN3DClassifier": "estimators",
    "GCN3DRegressor": "estimators",
    "GraphCache": "graphs",
    "KNAGCNClassifier": "estimators",
    "KNAGCNRegressor": "estimators",
    "StructureDescriptors": "descriptors",
    "StructureGraphTransformer": "graphs",
    "StructureGroupKFold": "splits",
    "check_invariance": "invariance",
    "check_structures": "structures",
    "leakage_report": "splits",
    "load_model": "estimators",
    "paper_splits": "splits",
    "save_model": "estimators",
    "structure_groups": "splits",
}


def __getattr__(name: str) -> object:
    """Load a public name on first use."""
    if name == "__version__":
        value: object = version("sk_knagcn")
    elif name in _MODULES:
        value = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, loaded or not."""
    return sorted({*globals(), *__all__, "__version__"})
