"""From structures to graphs: the transformer, its container and its cache."""

from sk_knagcn.graphs.cache import GraphCache
from sk_knagcn.graphs.columns import Columns, names_of
from sk_knagcn.graphs.container import CrystalGraphs
from sk_knagcn.graphs.graph import CrystalGraph, GraphSettings
from sk_knagcn.graphs.transformer import StructureGraphTransformer, as_graphs

__all__ = [
    "Columns",
    "CrystalGraph",
    "CrystalGraphs",
    "GraphCache",
    "GraphSettings",
    "StructureGraphTransformer",
    "as_graphs",
    "names_of",
]
