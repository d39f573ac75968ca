"""Pores through pyzeo, where it is installed."""

import sys

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


def test_names_need_no_pyzeo(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyzeo", None)
    names = StructureDescriptors("pores").get_feature_names_out()
    assert names.tolist() == PoreFeatures().feature_labels()


def test_missing_extra_is_named_before_any_work(monkeypatch, cage):
    monkeypatch.setitem(sys.modules, "pyzeo", None)
    transformer = StructureDescriptors("pores", on_error="nan")
    with pytest.raises(ImportError, match=r"pip install 'sk_knagcn\[pores\]'"):
        transformer.fit_transform([cage])


def test_a_cavity_is_as_large_as_it_is(cage, capfd):
    pytest.importorskip("pyzeo.extension")
    transformer = StructureDescriptors("pores").set_output(transform="pandas")
    row = transformer.fit_transform([cage]).iloc[0]
    # From the centre of the cell to the middle of an edge, less the radius of argon.
    assert row["largest cavity diameter"] == pytest.approx(
        12 * 2**0.5 - 2 * 1.88, abs=0.1
    )
    assert 0 < row["pore-limiting diameter"] < row["largest cavity diameter"]
    spheres = 10 * 4 / 3 * np.pi * 1.88**3 / 12**3
    assert row["void fraction"] == pytest.approx(1 - spheres, abs=0.03)
    assert row["accessible surface area"] > 1000
    assert row["density"] == pytest.approx(cage.density)
    assert capfd.readouterr() == ("", "")


def test_samples_are_the_same_every_time(cage):
    pytest.importorskip("pyzeo.extension")
    one, two = (
        StructureDescriptors("pores", cache=None).transform([cage]) for _ in range(2)
    )
    assert one.tobytes() == two.tobytes()


def test_a_larger_probe_feels_less(cage):
    pytest.importorskip("pyzeo.extension")
    areas = [
        PoreFeatures(probe_radius=radius, surface_samples=500).featurize(cage)[-1]
        for radius in (1.0, 6.9)
    ]
    assert areas[0] > areas[1] == 0
