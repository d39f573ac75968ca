"""The pores of a crystal, through Zeo++ in its Python package pyzeo."""

from __future__ import annotations

import re
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

from sklearn.base import BaseEstimator


class PoreFeatures(BaseEstimator):
    """Density, void fraction, cavities and accessible surface, computed by Zeo++.

    The largest cavity diameter is that of the largest sphere that fits anywhere, the
    pore-limiting diameter that of the largest that can travel through the crystal, both
    in Angstrom. The void fraction is the share of the cell outside the atoms' van der
    Waals spheres; the accessible surface area, in square metres per gram, is that of
    the places where the centre of a probe may sit that came in from outside. Both are
    sampled, with the same random numbers every time.

    Parameters
    ----------
    probe_radius : float, default=1.86
        Radius of the probe that feels the surface, in Angstrom; that of nitrogen.
    surface_samples : int, default=2000
        Points per atom for the surface.
    volume_samples : int, default=10000
        Points in the cell for the void fraction.

    See Also
    --------
    sk_knagcn.StructureDescriptors : Its preset "pores" is this one.

    Notes
    -----
    Atoms have the radii that Zeo++ gives them, and each is one sphere (Zeo++'s "high
    accuracy", which replaces large atoms by clusters of small ones, is not used).

    Examples
    --------
    >>> from sk_knagcn.descriptors import PoreFeatures
    >>> PoreFeatures(probe_radius=1.2).feature_labels()[1:3]
    ['void fraction', 'largest cavity diameter']
    """

    def __init__(
        self,
        probe_radius: float = 1.86,
        surface_samples: int = 2000,
        volume_samples: int = 10_000,
    ) -> None:
        self.probe_radius = probe_radius
        self.surface_samples = surface_samples
        self.volume_samples = volume_samples

    def feature_labels(self) -> list[str]:
        """Name the columns."""
        return [
            "density",
            "void fraction",
            "largest cavity diameter",
            "pore-limiting diameter",
            "accessible surface area",
        ]

    def check_installed(self) -> None:
        """Raise an ImportError that says what to do where pyzeo is missing."""
        try:
            import_module("pyzeo.extension")
        except ImportError as error:
            raise ImportError(
                "pore descriptors need pyzeo, which is not installed. Run: "
                "pip install 'sk_knagcn[pores]'"
            ) from error

    def featurize(self, structure: Any) -> list[float]:
        """Describe one periodic pymatgen Structure."""
        self.check_installed()
        from pyzeo import AtomNetwork, surface_area, volume

        # Zeo++ takes and gives files, and only through names.
        with tempfile.TemporaryDirectory() as folder:
            crystal, spheres = Path(folder, "crystal.cssr"), Path(folder, "spheres.res")
            crystal.write_text(_write_cssr(structure), encoding="ascii")
            network = AtomNetwork.read_from_CSSR(str(crystal), rad_flag=True)
            network.calculate_free_sphere_parameters(str(spheres))
            cavity, limiting = map(float, spheres.read_text("utf-8").split()[1:3])
        radius = self.probe_radius
        surface = surface_area(network, radius, radius, self.surface_samples)
        # A probe of no size, which comes everywhere: pockets are counted as well.
        void = volume(network, 0.0, 0.0, self.volume_samples, exclude_pockets=False)
        fraction = _read(void, "AV_Volume_fraction") + _read(
            void, "NAV_Volume_fraction"
        )
        return [
            float(structure.density),
            fraction,
            cavity,
            limiting,
            _read(surface, "ASA_m^2/g"),
        ]


def _read(report: bytes, name: str) -> float:
    """Find a number in a report of Zeo++ by its name."""
    found = re.search(rf"\s{re.escape(name)}: (\S+)", report.decode())
    if found is None:
        raise ValueError(f"Zeo++ did not report {name}")
    return float(found.group(1))


def _write_cssr(structure: Any) -> str:
    """Write a structure in the one format that Zeo++ reads with all its digits."""
    lengths = " ".join(f"{x:.10f}" for x in structure.lattice.abc)
    angles = " ".join(f"{x:.10f}" for x in structure.lattice.angles)
    lines = [
        lengths,
        f"{angles} SPGR = 1 P 1 OPT = 1",
        f"{len(structure)} 0",
        "0 crystal",
    ]
    for number, site in enumerate(structure, start=1):
        place = " ".join(f"{x % 1.0:.12f}" for x in site.frac_coords)
        lines.append(f"{number} {site.specie.symbol} {place} 0 0 0 0 0 0 0 0 0.0")
    return "\n".join(lines) + "\n"
