"""Voronoi cells: what they must add up to, and what matminer says."""

import warnings

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure
from scipy.spatial.transform import Rotation

from sk_knagcn.descriptors import VoronoiFeatures, voronoi
from sk_knagcn.descriptors.voronoi import voronoi_cells


def test_cells_fill_the_crystal_and_the_sphere(structures):
    for structure in structures:
        cells = voronoi_cells(structure, 0.0)
        volume = sum(cell.volume for cell in cells)
        np.testing.assert_allclose(volume, structure.volume, rtol=1e-9)
        angles = [cell.solid_angles.sum() for cell in cells]
        np.testing.assert_allclose(angles, 4 * np.pi, rtol=1e-9)


def test_coordination_of_known_crystals(structures):
    salt, cesium, _, _, iron, magnesium, *_ = structures
    for structure, expected in ((salt, 6), (cesium, 14), (iron, 14), (magnesium, 12)):
        cells = voronoi_cells(structure, 1e-5)
        assert {len(cell.vectors) for cell in cells} == {expected}


@pytest.mark.parametrize(
    "lattice",
    [
        Lattice.from_parameters(2.5, 2.5, 40, 90, 90, 60),
        Lattice.from_parameters(3, 30, 3, 100, 90, 80),
        Lattice([[3, 0, 0], [14.9, 3, 0], [7.1, -8.8, 3]]),
        Lattice([[0, 3, 0], [4, 0, 0], [0, 0, 5]]),  # left-handed
    ],
)
def test_odd_cells(lattice):
    structure = Structure(lattice, ["Fe"], [[0.2, 0.7, 0.99]])
    (cell,) = voronoi_cells(structure, 0.0)
    assert cell.volume == pytest.approx(structure.volume)
    nearest = min(one.nn_distance for one in structure.get_all_neighbors(6)[0])
    assert cell.distances.min() == pytest.approx(nearest)


def test_walls_of_pores_take_no_more_than_the_pores(monkeypatch):
    # The first atoms around one in a nearly flat sheet close its cell far, far away.
    rng = np.random.default_rng(0)
    sheet = np.stack(np.meshgrid(np.arange(8), np.arange(8)), axis=-1).reshape(-1, 2)
    sites = np.c_[sheet / 8, 0.5 + rng.normal(scale=1e-6, size=len(sheet))]
    structure = Structure(Lattice.orthorhombic(12, 12, 30), ["C"] * 64, sites)
    radii = []
    look = voronoi._atoms_within

    def looking(radius, *others):
        radii.append(radius)
        return look(radius, *others)

    monkeypatch.setattr(voronoi, "_atoms_within", looking)
    cells = voronoi_cells(structure, 0.0)
    assert sum(cell.volume for cell in cells) == pytest.approx(structure.volume)
    assert max(radii) < 1.5 * 2 * 30


def test_neither_orientation_nor_origin_nor_cell_matters(structures):
    features = VoronoiFeatures(extended=True)
    turn = Rotation.random(rng=np.random.default_rng(0)).as_matrix()
    for structure in structures:
        moved = Structure(
            structure.lattice.matrix @ turn.T,
            structure.species,
            structure.frac_coords + np.array([0.3, 0.71, 0.123]),
        )
        larger = structure.make_supercell(
            [[1, 1, 0], [0, 1, 0], [0, 0, 2]], in_place=False
        )
        expected = features.featurize(structure)
        for copy in (moved, larger):
            np.testing.assert_allclose(features.featurize(copy), expected, atol=1e-7)


def test_values_are_those_of_matminer(structures):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from matminer.featurizers.site import (
            AverageBondAngle,
            AverageBondLength,
            CoordinationNumber,
        )
        from matminer.featurizers.structure import (
            ChemicalOrdering,
            MaximumPackingEfficiency,
            SiteStatsFingerprint,
            StructuralHeterogeneity,
        )
        from pymatgen.analysis.local_env import VoronoiNN

        features = VoronoiFeatures(extended=True)
        for structure in [structures[1], *structures[6:8]]:
            near = VoronoiNN(tol=1e-5, compute_adj_neighbors=False)
            expected = {}
            for featurizer in (
                StructuralHeterogeneity(),
                SiteStatsFingerprint(AverageBondLength(near)),
                SiteStatsFingerprint(AverageBondAngle(near)),
                SiteStatsFingerprint(CoordinationNumber(near)),
                ChemicalOrdering(shells=(1,)),
                MaximumPackingEfficiency(),
            ):
                values = featurizer.featurize(structure)
                expected |= zip(featurizer.feature_labels(), values, strict=True)
            found = dict(
                zip(
                    features.feature_labels(),
                    features.featurize(structure),
                    strict=True,
                )
            )
            assert found == pytest.approx(expected, abs=1e-6)


def test_two_atoms_on_one_spot_are_an_error():
    structure = Structure(Lattice.cubic(3), ["Fe", "Fe"], [[0, 0, 0], [0, 0, 1]])
    with pytest.raises(ValueError, match="on one spot"):
        voronoi_cells(structure, 0.0)
