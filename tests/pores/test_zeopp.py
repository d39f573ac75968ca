"""The same spheres as Zeo++ finds, where it is installed."""

import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from sk_knagcn.pores import FreeSpheres
from tests.pores.crystals import channels, low_symmetry

pytestmark = pytest.mark.skipif(
    find_spec("pyzeo") is None,
    reason="compares with Zeo++, which pip install 'sk_knagcn[pores]' brings",
)
BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.mark.parametrize(
    "structure", [channels(6), *(low_symmetry(seed, n=8) for seed in range(6))], ids=len
)
def test_equal_radii(monkeypatch, structure):
    monkeypatch.syspath_prepend(BENCHMARKS)
    monkeypatch.delitem(sys.modules, "zeopp", raising=False)
    from zeopp import zeopp_diameters

    size = 0.5
    elements = {site.specie.symbol for site in structure}
    theirs = zeopp_diameters(structure, dict.fromkeys(elements, size))
    if theirs is None:
        pytest.skip("Zeo++ ended its process at this crystal")
    radii = np.full(len(structure), size)
    ours = FreeSpheres(structure.lattice.matrix, structure.cart_coords, radii)
    found = 2 * ours.largest(), 2 * ours.percolating()
    assert found == pytest.approx(theirs, abs=0.01)
