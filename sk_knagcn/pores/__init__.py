"""The room that atoms leave: the largest spheres, the ways, the surface."""

from sk_knagcn.pores.radii import RADII, Radii, radii_of, table_of_radii
from sk_knagcn.pores.spheres import FreeSpheres
from sk_knagcn.pores.surfaces import Surface, felt_surface

__all__ = [
    "RADII",
    "FreeSpheres",
    "Radii",
    "Surface",
    "felt_surface",
    "radii_of",
    "table_of_radii",
]
