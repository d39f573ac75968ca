"""What was described once is not described again; nothing false is found."""

import importlib
import sqlite3
import sys
from contextlib import closing

import numpy as np
from matminer.featurizers.composition import OxidationStates
from pymatgen.core import Lattice, Species, Structure

from sk_knagcn import StructureDescriptors
from sk_knagcn.descriptors import cache
from tests.descriptors.featurizers import Counting, Failing, Holding, calls


def describe(structures, *featurizers, folder="memory"):
    """Values, and how many descriptions they took."""
    calls.clear()
    transformer = StructureDescriptors(
        featurizers=list(featurizers), cache=folder, on_error="nan"
    )
    return transformer.fit_transform(structures), len(calls)


def test_memory_serves_any_transformer(structures):
    expected, count = describe(structures, Counting())
    assert count == 10
    again, count = describe(structures[::-1], Counting())
    assert count == 0
    np.testing.assert_array_equal(again, expected[::-1])
    assert describe(structures, Counting(), Failing())[1] == 10  # the new one only


def test_settings_and_coordinates_are_part_of_the_key(structures):
    describe(structures, Counting())
    assert describe(structures, Counting(factor=2))[1] == 10
    moved = structures[0].copy()
    moved.translate_sites([0], [1e-9, 0, 0])
    assert describe([moved], Counting())[1] == 1


def test_equal_structures_are_described_once(structures):
    values, count = describe([structures[0]] * 5, Counting())
    assert (values[:, 0].tolist(), count) == ([8] * 5, 1)


def test_no_cache_keeps_nothing(structures):
    for _ in range(2):
        assert describe(structures, Counting(), folder=None)[1] == 10


def test_classes_of_a_notebook_are_not_cached(structures, monkeypatch):
    monkeypatch.setattr(Counting, "__module__", "__main__")
    monkeypatch.setattr("__main__.Counting", Counting, raising=False)
    for _ in range(2):
        assert describe(structures, Counting())[1] == 10
    assert describe(structures, Holding(Counting()))[1] == 10
    assert describe(structures, Holding(Counting()))[1] == 10


def test_folder_serves_another_process(structures, tmp_path, monkeypatch):
    expected, _ = describe(structures, Counting(), Failing(), folder=tmp_path)
    monkeypatch.setattr(cache, "_shared", {})  # what another process would have
    found, count = describe(structures, Counting(), Failing(), folder=tmp_path)
    np.testing.assert_array_equal(found, expected)
    assert count == 2  # the failures, which get a new try
    assert describe(structures, Counting(), Failing(), folder=tmp_path)[1] == 0


def test_damaged_values_are_computed_again(structures, tmp_path, monkeypatch):
    expected, _ = describe(structures, Counting(), folder=str(tmp_path))
    database = closing(sqlite3.connect(tmp_path / "descriptors.sqlite"))
    with database as connection, connection:
        connection.execute("UPDATE entries SET value = zeroblob(length(value))")
    monkeypatch.setattr(cache, "_shared", {})
    found, count = describe(structures, Counting(), folder=tmp_path)
    np.testing.assert_array_equal(found, expected)
    assert count == 10


def test_an_edited_featurizer_describes_anew(structures, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    file = tmp_path / "featurizers_of_mine.py"
    code = (
        "class Mine:\n"
        "    def feature_labels(self): return ['x']\n"
        "    def featurize(self, structure): return [{}]\n"
    )
    found = []
    for value in (1, 1, 7):
        file.write_text(code.format(value))
        importlib.invalidate_caches()
        sys.modules.pop("featurizers_of_mine", None)
        sys.dont_write_bytecode, before = True, sys.dont_write_bytecode
        mine = importlib.import_module("featurizers_of_mine").Mine()
        sys.dont_write_bytecode = before
        found.append(describe(structures, mine, folder=tmp_path)[0][0, 0])
    assert found == [1, 1, 7]


def test_all_digits_of_a_charge_count():
    def oxide(charge):
        species = [Species("Fe", charge), Species("O", -charge)]
        return Structure(Lattice.cubic(5), species, [[0, 0, 0], [0.5, 0.5, 0.5]])

    table = StructureDescriptors(featurizers=[OxidationStates()], cache=None)
    first, second = table.fit_transform([oxide(2.6667), oxide(2.6733)])
    assert (first != second).any()
