"""Frameworks of the package CoRE-MOF, if it is there, and structures kept in a file."""

import numpy as np
import pytest

from sk_knagcn.datasets import load_core_mof, make_prototype_crystals
from sk_knagcn.datasets.store import StoredStructures, save_structures
from sk_knagcn.labels import henry_constant


@pytest.fixture
def stored(tmp_path):
    salts = make_prototype_crystals(8, random_state=0).structures
    names = [f"salt {i}" for i in range(8)]
    save_structures(tmp_path / "deep" / "salts.npz", names, salts)
    return tmp_path / "deep" / "salts.npz", dict(zip(names, salts, strict=True))


def test_stored_structures_come_back_bit_by_bit(stored):
    path, salts = stored
    again = StoredStructures(path)
    assert "salt 8" not in again
    for name, salt in salts.items():
        assert name in again
        assert again.size(name) == len(salt)
        assert again[name].species == salt.species
        np.testing.assert_array_equal(again[name].frac_coords, salt.frac_coords)
        np.testing.assert_array_equal(again[name].lattice.matrix, salt.lattice.matrix)
    assert [one.name for one in path.parent.iterdir()] == ["salts.npz"]


@pytest.mark.parametrize("share", [0, 0.5, 0.99])
def test_damaged_files_are_reported(stored, share):
    path, _ = stored
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(ValueError, match=r"cannot be read: .* Delete it"):
        StoredStructures(path)


def test_files_with_code_are_refused(stored):
    path, _ = stored
    np.savez(path, version=np.array(1), names=np.array([print], dtype=object))
    with pytest.raises(ValueError, match="cannot be read"):
        StoredStructures(path)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [({"version": "2025"}, "must be one of"), ({"target": "PLD"}, "no column")],
)
def test_wrong_parameters_are_named(arguments, complaint):
    with pytest.raises(ValueError, match=complaint):
        load_core_mof(**arguments)


def test_henry_constants_need_to_be_asked_for():
    with pytest.raises(ValueError, match="henry_H2_298K needs henry=True"):
        load_core_mof(target="henry_H2_298K")


@pytest.mark.slow
def test_henry_constants_join_the_properties(tmp_path):
    pytest.importorskip("CoRE_MOF", reason="needs CoRE-MOF: the extra mof")
    drawn = {"subset": 20, "max_atoms": 60, "random_state": 10}
    mofs = load_core_mof(**drawn, henry=True, target=["henry_H2_298K", "density_g_cm3"])
    expected = henry_constant(mofs.structures, return_details=True)
    assert mofs.properties.columns[-1] == expected.columns[0] == "henry_H2_298K"
    np.testing.assert_array_equal(mofs.target[:, 0], expected["henry_H2_298K"])
    assert mofs.properties.index.to_list() == mofs.names
    assert len(mofs.structures) == 20
    without = load_core_mof(**drawn)
    assert set(mofs.refused["name"]) == set(without.names) - set(mofs.names) != set()
    assert mofs.refused["reason"].str.contains("overlapping").all()


@pytest.mark.slow
def test_a_subset_of_core_mof():
    pytest.importorskip("CoRE_MOF", reason="needs CoRE-MOF: the extra mof")
    mofs = load_core_mof(
        subset=12, max_atoms=150, target=["void_fraction", "density_g_cm3"]
    )
    assert len(mofs.structures) == len(mofs.names) == len(mofs.properties) == 12
    assert mofs.target.shape == (12, 2)
    for structure, density in zip(mofs.structures, mofs.target[:, 1], strict=True):
        assert len(structure) <= 150
        assert structure.density == pytest.approx(density, rel=1e-3)
    again = load_core_mof(subset=12, max_atoms=150, n_jobs=2)
    assert again.names == mofs.names
    assert again.structures == mofs.structures
    others = load_core_mof(subset=12, max_atoms=150, random_state=1)
    assert others.names != mofs.names


@pytest.mark.parametrize("subset", [0, -1])
def test_a_subset_has_members(subset):
    with pytest.raises(ValueError, match=f"subset must be 1 at least, got {subset}"):
        load_core_mof(subset=subset)
