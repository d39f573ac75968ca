"""What was computed once is not computed again; nothing false is found."""

import sqlite3
from contextlib import closing

import numpy as np
import pytest

from sk_knagcn.labels import cache, henry, henry_constant
from tests.labels.frameworks import slit, triclinic


@pytest.fixture
def count(monkeypatch):
    """How many integrals have been computed since this was last asked."""
    done = []
    integrate = henry.integrate
    monkeypatch.setattr(henry, "integrate", lambda *a: done.append(a) or integrate(*a))
    monkeypatch.setattr(cache, "_shared", {})

    def count():
        number = len(done)
        done.clear()
        return number

    return count


def label(structures, **options):
    return henry_constant(structures, **{"cutoff": 5.0} | options)


def test_memory_serves_every_call(count):
    crystals = [slit(), triclinic(), slit()]
    first = label(crystals)
    assert count() == 2  # equal structures share one
    np.testing.assert_array_equal(label(crystals[::-1]), first[::-1])
    assert label(slit(), unit="mol/kg/Pa") > 0
    assert label([slit()], return_details=True).shape == (1, 5)
    assert count() == 0
    np.testing.assert_array_equal(label(crystals, cache=None), first)
    assert count() == 2


@pytest.mark.parametrize(
    "setting",
    [
        {"gas": "He"},
        {"temperature": 300.0},
        {"cutoff": 5.5},
        {"spacing": 0.8},
        {"tolerance": 0.02},
        {"max_points": 10**6},
        {"shifted": True},
        {"method": "quasi-random"},
        {"force_field": {"C": (3.0, 50.0)}},
    ],
)
def test_every_setting_is_part_of_the_key(count, setting):
    label(slit())
    count()
    label(slit(), **setting)
    assert count() == 1


def test_a_folder_serves_other_processes_and_damage_does_not(count, tmp_path):
    expected = label(slit(), cache=tmp_path)
    cache._shared.clear()  # as in a new process
    count()
    assert label(slit(), cache=tmp_path) == expected
    assert count() == 0
    with closing(sqlite3.connect(tmp_path / "labels.sqlite")) as base, base:
        base.execute("UPDATE entries SET value = zeroblob(100)")
    cache._shared.clear()
    assert label(slit(), cache=tmp_path) == expected
    assert count() == 1
