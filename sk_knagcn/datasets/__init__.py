"""Structures with properties to learn, ready to use."""

from sk_knagcn.datasets.cif_folder import load_cif_folder
from sk_knagcn.datasets.core_mof import load_core_mof
from sk_knagcn.datasets.json_lines import load_json_lines
from sk_knagcn.datasets.matbench import fetch_matbench
from sk_knagcn.datasets.prototypes import make_prototype_crystals

__all__ = [
    "fetch_matbench",
    "load_cif_folder",
    "load_core_mof",
    "load_json_lines",
    "make_prototype_crystals",
]
