"""What a network knows of a crystal: each descriptor, predicted from the structure."""

from sk_knagcn.probing.embedding import probe_embedding
from sk_knagcn.probing.probe import probe
from sk_knagcn.probing.result import ProbeResult

__all__ = ["ProbeResult", "probe", "probe_embedding"]
