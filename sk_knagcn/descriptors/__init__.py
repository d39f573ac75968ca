"""Tables of hand-made descriptors: the transformer and the featurizers of our own."""

from sk_knagcn.descriptors.kinds import descriptor_kind
from sk_knagcn.descriptors.lattice import LatticeParameters
from sk_knagcn.descriptors.local import VoronoiFeatures
from sk_knagcn.descriptors.pores import PoreFeatures
from sk_knagcn.descriptors.table import DescriptorFailure
from sk_knagcn.descriptors.transformer import StructureDescriptors

__all__ = [
    "DescriptorFailure",
    "LatticeParameters",
    "PoreFeatures",
    "StructureDescriptors",
    "VoronoiFeatures",
    "descriptor_kind",
]
