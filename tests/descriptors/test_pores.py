"""The preset of pores."""

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from sk_knagcn import StructureDescriptors
from sk_knagcn.descriptors import PoreFeatures


@pytest.fixture
def cage():
    """Argon atoms along the edges of a wide cubic cell: one large cavity."""
    steps = np.arange(4) / 4
    edges = {
        tuple(np.roll([step, 0, 0], axis).tolist())
        for step in steps
        for axis in range(3)
    }
    sites = sorted(edges)
    return Structure(Lattice.cubic(12.0), ["Ar"] * len(sites), sites)


def test_a_cavity_is_as_large_as_it_is(cage, capfd):
    transformer = StructureDescriptors("pores").set_output(transform="pandas")
    row = transformer.fit_transform([cage]).iloc[0]
    # From the centre of the cell to the middle of an edge, less the radius of argon.
    assert row["largest cavity diameter"] == pytest.approx(
        12 * 2**0.5 - 2 * 1.88, abs=1e-3
    )
    assert 0 < row["pore-limiting diameter"] < row["largest cavity diameter"]
    height = 1.88 - 3 / 2  # of the caps by which neighbours overlap, 12 pairs of them
    caps = 24 * np.pi * height**2 * (1.88 - height / 3)
    spheres = (10 * 4 / 3 * np.pi * 1.88**3 - caps) / 12**3
    assert row["void fraction"] == pytest.approx(1 - spheres, abs=1e-3)
    assert row["accessible surface area"] > 1000
    assert row["density"] == pytest.approx(cage.density)
    assert capfd.readouterr() == ("", "")


def test_numbers_are_the_same_every_time(cage):
    one, two = (
        StructureDescriptors("pores", cache=None).transform([cage]) for _ in range(2)
    )
    assert one.tobytes() == two.tobytes()


def test_a_larger_probe_feels_less(cage):
    areas = [
        PoreFeatures(probe_radius=radius).featurize(cage)[-1] for radius in (1.0, 6.9)
    ]
    assert areas[0] > areas[1] == 0
