"""The certificate: what moves when a crystal is written down differently."""

from sk_knagcn.invariance.check import InvarianceReport, check_invariance

__all__ = ["InvarianceReport", "check_invariance"]
