"""Labels computed from structures: something to learn that nobody has to look up."""

from sk_knagcn.labels.gases import Gas
from sk_knagcn.labels.henry import henry_constant
from sk_knagcn.labels.targets import log10_plus_one_target, log10_target

__all__ = ["Gas", "henry_constant", "log10_plus_one_target", "log10_target"]
