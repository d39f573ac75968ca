"""Surfaces and volumes: where they can be worked out by hand, and by random points."""

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from sk_knagcn.pores import felt_surface
from tests.pores.crystals import (
    argon,
    channels,
    low_symmetry,
    simple_cubic,
    written_otherwise,
)
from tests.pores.test_spheres import SIZES, free_radius


def surface_of(structure, sizes=SIZES, probe=0.0):
    radii = np.array([sizes[site.specie.symbol] for site in structure]) + probe
    return felt_surface(structure.lattice.matrix, structure.cart_coords, radii)


def test_spheres_that_touch_nothing():
    surface = surface_of(simple_cubic(8), {"Ar": 3.0})
    assert surface.open_area == pytest.approx(4 * np.pi * 3**2)
    assert surface.occupied == pytest.approx(4 / 3 * np.pi * 3**3)
    assert surface.closed_area == 0


def test_spheres_that_overlap():
    surface = surface_of(simple_cubic(8), {"Ar": 4.5})
    height = 4.5 - 8 / 2  # of the six caps that neighbours cover
    cap, segment = 2 * np.pi * 4.5 * height, np.pi * height**2 * (4.5 - height / 3)
    bare = surface.open_area + surface.closed_area
    assert bare == pytest.approx(4 * np.pi * 4.5**2 - 6 * cap, rel=5e-3)
    assert surface.occupied == pytest.approx(
        4 / 3 * np.pi * 4.5**3 - 6 * segment, rel=1e-3
    )


def test_an_atom_inside_another_is_not_felt():
    inside = Structure(Lattice.cubic(8), ["Si", "H"], [[0, 0, 0], [0.02, 0, 0.01]])
    alone = Structure(Lattice.cubic(8), ["Si"], [[0, 0, 0]])
    both = surface_of(inside), surface_of(alone)
    assert both[0].open_area == pytest.approx(both[1].open_area)
    assert both[0].occupied == pytest.approx(both[1].occupied)


def test_pockets_are_apart():
    """Cages open up one by one as atoms shrink."""
    size = 8 / 2**0.5  # the windows of the cubic cage close
    closed = surface_of(simple_cubic(8), {"Ar": size + 0.01})
    opened = surface_of(simple_cubic(8), {"Ar": size - 0.01})
    assert closed.open_area == opened.closed_area == 0
    assert closed.closed_area == pytest.approx(opened.open_area, rel=0.05)
    assert surface_of(simple_cubic(8), {"Ar": 7.0}).closed_area == 0


def test_one_channel_is_open_and_the_other_closed():
    """A cage in the wall between channels is a pocket to what fits the channels."""
    walls = channels(8)
    whole = surface_of(walls, {"Ar": 0.75})
    assert whole.open_area > 0
    plug = argon(walls.lattice, [*walls.frac_coords, [0.5, 0.5, 0.0]])
    plugged = plug * [1, 1, 2]
    plugged.remove_sites([len(plugged) - 1])  # every second plug along the channel
    sizes = dict.fromkeys(["Ar"], 0.75)
    assert surface_of(plugged, sizes).open_area > whole.open_area
    plugged.replace(len(plugged) - 1, "Si")
    shut = surface_of(plugged, sizes | {"Si": 5.0})
    assert shut.open_area == 0


@pytest.mark.parametrize("seed", range(5))
def test_random_points_agree(seed):
    structure = low_symmetry(seed)
    rng = np.random.default_rng(seed)
    points = rng.random((40_000, 3)) @ structure.lattice.matrix
    filled = (free_radius(points, structure) < 0.3).mean()
    surface = surface_of(structure, probe=0.3)
    assert surface.occupied / structure.volume == pytest.approx(filled, abs=0.01)


@pytest.mark.parametrize("seed", range(4))
def test_the_area_is_how_the_volume_grows(seed):
    structure = low_symmetry(seed)
    step = 1e-3
    smaller, surface, larger = (
        surface_of(structure, probe=0.2 + by) for by in (-step, 0, step)
    )
    growth = (larger.occupied - smaller.occupied) / (2 * step)
    assert surface.open_area + surface.closed_area == pytest.approx(growth, rel=0.01)


@pytest.mark.parametrize("seed", range(4))
def test_the_way_a_crystal_is_written_changes_little(seed):
    structure = low_symmetry(seed)
    first = surface_of(structure, probe=0.4)
    again = surface_of(written_otherwise(structure, seed), probe=0.4)
    total = first.open_area + first.closed_area
    assert again.open_area == pytest.approx(first.open_area, abs=0.01 * total)
    assert again.closed_area == pytest.approx(first.closed_area, abs=0.01 * total)
    assert again.occupied == pytest.approx(first.occupied, rel=1e-3)


def slab(shift):
    """Six layers of iron and a vacuum."""
    sites = [[i % 2 / 2, i % 2 / 2, i * 1.435 / 20 + shift] for i in range(6)]
    return Structure(Lattice.tetragonal(2.87, 20), ["Fe"] * 6, sites)


def test_a_slab_has_two_sides_wherever_it_is():
    areas = [
        surface_of(each, {"Fe": 1.3}, probe=1.9)
        for each in (slab(0), slab(0.1), slab(0.4), slab(0) * (2, 2, 1))
    ]
    for area, times in zip(areas, (1, 1, 1, 4), strict=True):
        assert area.closed_area == pytest.approx(0, abs=1e-6)
        assert area.open_area == pytest.approx(times * areas[1].open_area, rel=1e-3)


@pytest.mark.parametrize("c", [13, 15, 20])
def test_a_sheet_has_the_same_surface_in_any_vacuum(c):
    def sheet(height):
        sites = [[0, 0, 0.5], [1 / 3, 2 / 3, 0.5]]
        return Structure(Lattice.hexagonal(2.46, height), ["C", "C"], sites)

    found, expected = (surface_of(sheet(h), {"C": 1.7}, 1.5) for h in (c, 10))
    assert found.open_area == pytest.approx(expected.open_area, rel=1e-3)
    assert found.closed_area == 0


def test_a_molecule_in_a_large_box_is_all_surface():
    sites = [[0.5, 0.5, 0.5], [0.55, 0.54, 0.5], [0.45, 0.54, 0.5]]
    sizes = {"O": 1.5, "H": 1.1}
    small, large = (
        surface_of(
            Structure(Lattice.cubic(a), ["O", "H", "H"], np.array(sites) * 15 / a),
            sizes,
        )
        for a in (15, 90)
    )
    assert small.open_area == pytest.approx(large.open_area, rel=1e-3)
