"""Targets to the units of the network and back."""

import numpy as np
import pytest

from sk_knagcn.training import TargetScaler

N_ATOMS = np.array([1, 2, 4, 8])


@pytest.fixture
def y():
    return np.random.default_rng(0).normal(50, 9, (4, 3)) * [1, 1e-9, 1e9]


@pytest.mark.parametrize("per_atom", [False, True])
def test_round_trip(y, per_atom):
    scaler = TargetScaler.fit(y, N_ATOMS, per_atom=per_atom)
    there = scaler.transform(y, N_ATOMS)
    np.testing.assert_allclose(scaler.inverse_transform(there, N_ATOMS), y, rtol=1e-9)


def test_mean_zero_and_spread_one(y):
    scaled = TargetScaler.fit(y, N_ATOMS, per_atom=False).transform(y, N_ATOMS)
    np.testing.assert_allclose(scaled.mean(0), 0, atol=1e-9)
    np.testing.assert_allclose(scaled.std(0), 1)


def test_per_atom_takes_away_what_grows_with_the_cell(y):
    # The same for each atom, whatever the cell: nothing is left to learn.
    scaler = TargetScaler.fit(7.0 * N_ATOMS[:, None], N_ATOMS, per_atom=True)
    assert not scaler.transform(7.0 * N_ATOMS[:, None], N_ATOMS).any()
    # Outputs that double with the cell are targets that double with the cell.
    scaler = TargetScaler.fit(y, N_ATOMS, per_atom=True)
    outputs = np.random.default_rng(1).normal(size=(4, 3)) * N_ATOMS[:, None]
    once = scaler.inverse_transform(outputs, N_ATOMS)
    twice = scaler.inverse_transform(2 * outputs, 2 * N_ATOMS)
    np.testing.assert_allclose(twice, 2 * once)


def test_missing_targets_are_left_out(y):
    holes = y.copy()
    holes[1:3, 0] = np.nan
    scaler = TargetScaler.fit(holes, N_ATOMS, per_atom=False)
    assert scaler.mean[0] == pytest.approx(y[[0, 3], 0].mean())
    assert scaler.mean[1] == pytest.approx(y[:, 1].mean())
    scaled = scaler.transform(holes, N_ATOMS)
    np.testing.assert_array_equal(np.isnan(scaled), np.isnan(holes))


@pytest.mark.parametrize("value", [0.0, 5.0, 0.1, -1e6, 1e-300])
@pytest.mark.parametrize("n", [1, 3, 1000])
def test_constants_stay_what_they_are(value, n):
    y = np.full((n, 1), value)
    n_atoms = np.ones(n, dtype=int)
    scaler = TargetScaler.fit(y, n_atoms, per_atom=False)
    scaled = scaler.transform(y, n_atoms)
    assert np.isfinite(scaled).all()
    assert abs(scaled).max() < 1e-6
    np.testing.assert_allclose(scaler.inverse_transform(scaled, n_atoms), y)


def test_small_numbers_are_no_constants():
    y = np.array([[1e-20], [3e-20]])
    scaled = TargetScaler.fit(y, np.ones(2, int), per_atom=False).transform(
        y, np.ones(2, int)
    )
    np.testing.assert_allclose(scaled, [[-1], [1]])


def test_predictions_are_of_double_precision(y):
    scaler = TargetScaler.fit(y, N_ATOMS, per_atom=False)
    outputs = np.zeros((4, 3), dtype=np.float32)
    assert scaler.inverse_transform(outputs, N_ATOMS).dtype == np.float64
