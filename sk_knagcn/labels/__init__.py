"""Labels computed from structures: something to learn that nobody has to look up."""

from sk_knagcn.labels.cleaning import CleanedFrameworks, clean_frameworks
from sk_knagcn.labels.distances import min_bond_length, min_interatomic_distance
from sk_knagcn.labels.gases import Gas
from sk_knagcn.labels.henry import henry_constant
from sk_knagcn.labels.ions import li_site_radius, percolation_radius
from sk_knagcn.labels.pores import PoreDiameters, pore_diameters
from sk_knagcn.labels.surfaces import SurfaceArea, surface_area, void_fraction
from sk_knagcn.labels.targets import log10_plus_one_target, log10_target

__all__ = [
    "CleanedFrameworks",
    "Gas",
    "PoreDiameters",
    "SurfaceArea",
    "clean_frameworks",
    "henry_constant",
    "li_site_radius",
    "log10_plus_one_target",
    "log10_target",
    "min_bond_length",
    "min_interatomic_distance",
    "percolation_radius",
    "pore_diameters",
    "surface_area",
    "void_fraction",
]
