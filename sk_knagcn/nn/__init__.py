"""The networks, plain torch modules that take a `GraphBatch`."""

from sk_knagcn.nn.batch import GraphBatch
from sk_knagcn.nn.descriptors import DescriptorBlock
from sk_knagcn.nn.dropout import Dropout
from sk_knagcn.nn.elements import element_properties
from sk_knagcn.nn.network import CrystalNetwork
from sk_knagcn.nn.normalization import WeightedBatchNorm

__all__ = [
    "CrystalNetwork",
    "DescriptorBlock",
    "Dropout",
    "GraphBatch",
    "WeightedBatchNorm",
    "element_properties",
]
