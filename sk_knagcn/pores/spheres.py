"""The largest spheres that fit between atoms, and that can travel between them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sk_knagcn.geometry.cells import compact_lattice
from sk_knagcn.pores.diagram import Floats, power_diagram
from sk_knagcn.pores.network import measure_network
from sk_knagcn.pores.percolation import percolation_widths

# Angstrom. Each step leaves at most a fifth of the error of the last, so that of the
# result is well below this.
_SMALLEST_STEP = 1e-4
_MAX_STEPS = 50


class FreeSpheres:
    """The free spheres between atoms of given radii; all in Angstrom.

    The diagram of atoms grown by r tells exactly whether a sphere of radius r fits or
    gets through. What it says of other sizes is an estimate where atoms differ, though
    never on the wrong side of r. So the estimate is put in for r, until it comes back.
    """

    def __init__(self, lattice: Floats, positions: Floats, radii: Floats) -> None:
        lattice = np.ascontiguousarray(lattice, dtype=np.float64)
        self._cell = compact_lattice(lattice, np.ones(3, dtype=bool))
        self._basis = np.rint(self._cell @ np.linalg.inv(lattice)).astype(np.int64)
        self._positions, self._radii = positions, radii
        self._estimates: dict[float, Floats] = {}  # by growth: largest, along a, b, c

    def largest(self) -> float:
        """Radius of the largest sphere that fits anywhere."""
        return self._settle(lambda estimate: estimate[0])

    def percolating(self) -> float:
        """Radius of the largest sphere that can travel without end."""
        return self._settle(lambda estimate: estimate[1:].max())

    def percolating_along(self, axis: int) -> float:
        """Radius of the largest that goes on along this lattice vector.

        Whether it goes on along others as well does not matter.
        """
        return self._settle(lambda estimate: estimate[1 + axis])

    def _settle(self, choose: Callable[[Floats], float]) -> float:
        """Find the size that the diagram of atoms grown by it confirms; 0 if none."""
        if not self._estimates:
            self._estimate(0.0)
        for _ in range(_MAX_STEPS):
            grown, found = min(
                ((grown, choose(one)) for grown, one in self._estimates.items()),
                key=lambda pair: abs(pair[1] - pair[0]),
            )
            # Atoms that are all alike have one diagram, however much they grow.
            settled = abs(found - grown) < _SMALLEST_STEP or np.ptp(self._radii) == 0
            if settled or found <= 0:
                return max(0.0, float(found))
            self._estimate(float(found))
        raise RuntimeError(
            "a free sphere did not settle. Please report this structure."
        )

    def _estimate(self, grown: float) -> None:
        diagram = power_diagram(self._cell, self._positions, self._radii + grown)
        network = measure_network(diagram, self._radii)
        along = percolation_widths(network, self._basis)
        self._estimates[grown] = np.array([network.radii.max(), *along])
