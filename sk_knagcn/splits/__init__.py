"""Splits for cross-validation that know which structures are related."""

from sk_knagcn.splits.groups import structure_groups
from sk_knagcn.splits.kfold import StructureGroupKFold
from sk_knagcn.splits.leakage import LeakageReport, leakage_report
from sk_knagcn.splits.paper import PaperSplits, paper_splits

__all__ = [
    "LeakageReport",
    "PaperSplits",
    "StructureGroupKFold",
    "leakage_report",
    "paper_splits",
    "structure_groups",
]
