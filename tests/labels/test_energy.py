"""Lines through a crystal give what plain numpy gives for their points."""

import numpy as np
import pytest

from sk_knagcn import check_structures
from sk_knagcn.labels.energy import sum_along_lines
from sk_knagcn.labels.force_field import mix, read_uff
from sk_knagcn.labels.gases import resolve_gas
from sk_knagcn.labels.images import surround
from tests.labels.frameworks import skewed, slit, sodalite, triclinic


def prepare(structure, gas, cutoff, shifted=False):
    (crystal,) = check_structures([structure])
    kinds, pairs = mix(
        crystal.numbers, read_uff(), resolve_gas(gas), 298.15, cutoff, shifted
    )
    around = surround(crystal, kinds, np.ones(len(crystal), dtype=bool), cutoff)
    return around, pairs


@pytest.mark.parametrize("structure", [triclinic(), sodalite(), skewed(slit())])
@pytest.mark.parametrize("cutoff", [4.0, 9.0])
def test_lines_agree_with_plain_numpy(structure, cutoff):
    around, pairs = prepare(structure, "H2", cutoff)
    random = np.random.default_rng(1)
    starts = random.random((4, 3)) @ around.cell
    count = 9
    step = around.cell[0, 0] / count
    wells = pairs.sixths, pairs.wells, pairs.lifts, pairs.cores
    found = sum_along_lines(
        starts, count, step, around.points, around.kinds, *wells, cutoff
    )
    for start, sums in zip(starts, found, strict=True):
        points = start + np.arange(count)[:, None] * [step, 0, 0]
        apart = np.linalg.norm(points[:, None] - around.points, axis=2)
        ratio = pairs.sixths[around.kinds] / apart**6
        energy = pairs.wells[around.kinds] * (ratio**2 - ratio)
        energy = np.where(apart < cutoff, energy, 0).sum(axis=1)
        factors = np.exp(-energy)
        expected = [factors.sum(), (factors * energy).sum()]
        np.testing.assert_allclose(sums, expected, rtol=1e-9, atol=1e-40)


def test_images_are_all_there_and_none_twice():
    around, _ = prepare(triclinic(), "H2", 5.0)
    apart = np.linalg.norm(around.points[:, None] - around.points, axis=2)
    np.fill_diagonal(apart, np.inf)
    assert apart.min() > 1.0
    assert (np.diff(around.points[:, 1]) >= 0).all()
    # Whatever is within reach of the cell's centre is there.
    centre = around.cell.sum(axis=0) / 2
    near = np.linalg.norm(around.points - centre, axis=1) < 5.0
    density = len(triclinic()) / around.volume
    assert near.sum() == pytest.approx(density * 4 / 3 * np.pi * 5**3, rel=0.3)
