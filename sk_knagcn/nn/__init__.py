"""The networks, plain torch modules that take a `GraphBatch`."""

from sk_knagcn.nn.batch import GraphBatch
from sk_knagcn.nn.dropout import Dropout
from sk_knagcn.nn.elements import element_properties
from sk_knagcn.nn.network import CrystalNetwork

__all__ = ["CrystalNetwork", "Dropout", "GraphBatch", "element_properties"]
