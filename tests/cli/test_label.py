"""Labels: the columns say the unit, and the table can be learnt from."""

import io
import json
import warnings

import numpy as np
import pandas as pd
import pytest

from sk_knagcn.cli.label import GASES, LABELS
from sk_knagcn.labels import henry_constant, min_bond_length, pore_diameters
from sk_knagcn.labels.gases import BUILT_IN


def table(text):
    return pd.read_csv(io.StringIO(text), index_col="name")


def test_they_are_those_of_the_python_api(run, cifs, names, crystals, tmp_path):
    path = tmp_path / "labels.csv"
    code, out, err = run("label", cifs, "pores", "bond", "--output", path)
    assert (code, out, err) == (0, "", "")
    found = table(path.read_text())
    assert found.index.tolist() == names
    np.testing.assert_allclose(
        found["min_bond_length_A"], min_bond_length(crystals), rtol=1e-6
    )
    expected = pore_diameters(crystals)
    np.testing.assert_allclose(found[list(expected)], expected, atol=1e-4)


def test_every_label_has_columns_with_units(run, json_lines, tmp_path):
    line = json_lines.read_text().splitlines()[0]
    (tmp_path / "one.jsonl").write_text(line)
    code, out, _ = run("label", tmp_path / "one.jsonl", *LABELS, "--ion", "Na")
    assert code == 0
    assert list(table(out)) == [
        *("henry_H2_298K", "heat_of_adsorption_kJ_mol", "relative_error"),
        *("largest_cavity_diameter_A", "pore_limiting_diameter_A"),
        *(f"pore_limiting_diameter_{axis}_A" for axis in "abc"),
        *("accessible_surface_area_A2", "accessible_surface_area_m2_cm3"),
        *("accessible_surface_area_m2_g", "pocket_surface_area_A2", "void_fraction"),
        *("percolation_radius_Na_A", "site_radius_Na_A"),
        *("min_bond_length_A", "min_distance_A"),
    ]
    assert set(GASES) == set(BUILT_IN)


def test_options_reach_henrys_constant(run, json_lines, crystals, tmp_path):
    lines = json_lines.read_text().splitlines()
    (tmp_path / "two.jsonl").write_text("\n".join(lines[:2]))
    options = ["--gas", "He", "--temperature", 400, "--unit", "mol/kg/Pa"]
    found = table(run("label", tmp_path / "two.jsonl", "henry", *options)[1])
    how = {"temperature": 400.0, "unit": "mol/kg/Pa"}
    expected = henry_constant(crystals[:2], "He", **how)
    np.testing.assert_allclose(found["henry_He_400K_mol_kg_Pa"], expected, rtol=1e-6)


def test_what_one_label_refuses_others_may_take(run, spoilt, names):
    code, out, err = run("label", spoilt, "distance", "percolation", "--ion", "Po")
    found = table(out)
    assert code == 1
    missing = found.index[found["min_distance_A"].isna()].tolist()
    assert missing == ["a_broken", "crystal4_mixed", "z_twice"]
    missing = found.index[found["percolation_radius_Po_A"].isna()].tolist()
    assert missing == ["a_broken", "crystal4_mixed", "crystal6", "z_twice"]
    assert "refused: crystal6 (percolation) (Po) has no atoms but Po" in err
    _, out, _ = run("label", spoilt, "percolation", "--ion", "Po", "--json")
    result = json.loads(out)
    assert [one["name"] for one in result["refused"]] == [
        *("a_broken", "z_twice", "crystal4_mixed", "crystal6"),
    ]
    assert result["rows"][0] == {"name": "a_broken", "percolation_radius_Po_A": None}


def test_a_label_asked_for_twice_is_there_once(run, cifs):
    _, out, _ = run("label", cifs, "bond", "distance", "bond")
    assert list(table(out).columns) == ["min_bond_length_A", "min_distance_A"]


def test_the_table_is_one_to_learn_from(run, spoilt, tmp_path):
    path = tmp_path / "bonds.csv"
    assert run("label", spoilt, "distance", "--output", path)[0] == 1
    code, out, err = run(
        "train", spoilt, "--targets", path, "--cv", 2, "--epochs", 1, "--k", 6
    )
    assert code == 0
    assert out.startswith("10 structures\nmin_distance_A: ")
    assert err.count("refused: ") == 3


def test_mistakes_are_named(run, cifs):
    code, _, err = run("label", cifs, "weight")
    assert (code, "invalid choice: 'weight'" in err) == (2, True)
    code, _, err = run("label", cifs)
    assert (code, "required: LABEL" in err) == (2, True)
    code, _, err = run("label", cifs, "site", "--ion", "Xx")
    assert (code, "Xx" in err) == (2, True)


@pytest.mark.filterwarnings("default")
def test_a_remark_about_a_structure_names_its_file(run, cifs, names, monkeypatch):
    def warn(some, **_):
        warnings.warn("structure 3 (NaCl) has not converged", stacklevel=2)
        return np.zeros(len(some))

    monkeypatch.setattr("sk_knagcn.labels.min_bond_length", warn)
    code, _, err = run("label", cifs, "bond")
    assert code == 0
    assert f"warning: {names[3]} (NaCl) has not converged" in err
