"""Crystal graph networks in scikit-learn's manner: Structures in, predictions out."""

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sk_knagcn.atom2vec import Atom2Vec
    from sk_knagcn.comparison import (
        ComparisonResult,
        PerAtomRegressor,
        compare,
        default_models,
    )
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
    from sk_knagcn.plots import (
        HistoryDisplay,
        ParityDisplay,
        ParityGridDisplay,
        ProbeDisplay,
        ScoresDisplay,
        SearchDisplay,
        TrainingSizeDisplay,
    )
    from sk_knagcn.probing import ProbeResult, probe, probe_embedding
    from sk_knagcn.splits import (
        StructureGroupKFold,
        leakage_report,
        paper_splits,
        structure_groups,
    )
    from sk_knagcn.structures import check_structures

    __version__: str

__all__ = [
    "Atom2Vec",
    "CGCNNClassifier",
    "CGCNNRegressor",
    "ComparisonResult",
    "CrystalGraphs",
    "EnsembleRegressor",
    "GCN3DClassifier",
    "GCN3DRegressor",
    "GraphCache",
    "HistoryDisplay",
    "KNAGCNClassifier",
    "KNAGCNRegressor",
    "ParityDisplay",
    "ParityGridDisplay",
    "PerAtomRegressor",
    "ProbeDisplay",
    "ProbeResult",
    "ScoresDisplay",
    "SearchDisplay",
    "StructureDescriptors",
    "StructureGraphTransformer",
    "StructureGroupKFold",
    "TrainingSizeDisplay",
    "check_invariance",
    "check_structures",
    "compare",
    "default_models",
    "leakage_report",
    "load_model",
    "paper_splits",
    "probe",
    "probe_embedding",
    "save_model",
    "structure_groups",
]

# The module of each public name, loaded when the name is first used: pymatgen, numba
# and torch take seconds to import, and a script rarely needs all of them.
_MODULES = {
    "Atom2Vec": "atom2vec",
    "CGCNNClassifier": "estimators",
    "CGCNNRegressor": "estimators",
    "ComparisonResult": "comparison",
    "CrystalGraphs": "graphs",
    "EnsembleRegressor": "estimators",
    "GCN3DClassifier": "estimators",
    "GCN3DRegressor": "estimators",
    "GraphCache": "graphs",
    "HistoryDisplay": "plots",
    "KNAGCNClassifier": "estimators",
    "KNAGCNRegressor": "estimators",
    "ParityDisplay": "plots",
    "ParityGridDisplay": "plots",
    "PerAtomRegressor": "comparison",
    "ProbeDisplay": "plots",
    "ProbeResult": "probing",
    "ScoresDisplay": "plots",
    "SearchDisplay": "plots",
    "StructureDescriptors": "descriptors",
    "StructureGraphTransformer": "graphs",
    "StructureGroupKFold": "splits",
    "TrainingSizeDisplay": "plots",
    "check_invariance": "invariance",
    "check_structures": "structures",
    "compare": "comparison",
    "default_models": "comparison",
    "leakage_report": "splits",
    "load_model": "estimators",
    "paper_splits": "splits",
    "probe": "probing",
    "probe_embedding": "probing",
    "save_model": "estimators",
    "structure_groups": "splits",
}


if not TYPE_CHECKING:  # a type checker knows the names, and should know no others

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
