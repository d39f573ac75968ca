"""The networks, plain torch modules that take a `GraphBatch`."""

from sk_knagcn.nn.batch import GraphBatch
from sk_knagcn.nn.elements import element_properties
from sk_knagcn.nn.network import CrystalNetwork

__all__ = ["CrystalNetwork", "GraphBatch", "element_properties"]
