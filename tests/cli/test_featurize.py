"""Graphs and tables: what the Python API reads is what it would have made."""

import io
import json

import numpy as np
import pandas as pd
import pytest
from pymatgen.core import Lattice, Structure

from sk_knagcn import CrystalGraphs, StructureDescriptors, StructureGraphTransformer


def table(text):
    return pd.read_csv(io.StringIO(text))


def test_graphs_are_those_of_the_python_api(run, json_lines, names, crystals, tmp_path):
    path = tmp_path / "graphs"
    code, out, err = run("featurize", json_lines, "--k", 6, "--output", path)
    assert (code, err) == (0, "")
    graphs = CrystalGraphs.open(path)
    assert graphs == StructureGraphTransformer(k=6).transform(crystals)
    rows = table(out)
    assert list(rows) == ["name", "formula", "n_atoms", "n_stored_atoms"]
    assert rows["name"].tolist() == names
    assert rows["n_atoms"].tolist() == graphs.n_atoms.tolist()
    assert rows["formula"][0] == "NaCl"


def test_graphs_carry_descriptors_and_other_frames(run, cifs, crystals, tmp_path):
    options = ["--descriptors", "composition", "--frames", "paper"]
    code, out, _ = run("featurize", cifs, *options, "-o", tmp_path / "g", "--json")
    graphs = CrystalGraphs.open(tmp_path / "g")
    assert graphs.columns is not None
    assert graphs.columns.values.shape == (10, 138)
    assert graphs.settings.frames == "paper"
    result = json.loads(out)
    assert (code, result["k"], result["graphs"]) == (0, 12, str(tmp_path / "g"))
    assert len(result["rows"]) == 10


def test_rows_of_graphs_are_those_that_have_one(run, spoilt, names, tmp_path):
    path = tmp_path / "graphs"
    code, out, err = run("featurize", spoilt, "--k", 6, "--output", path)
    assert code == 1
    assert table(out)["name"].tolist() == names
    assert len(CrystalGraphs.open(path)) == len(names)
    assert err.count("refused: ") == 3


@pytest.mark.parametrize("way", ["--table", "--descriptors"])
def test_what_cannot_be_described_is_told(run, json_lines, tmp_path, way):
    slab = Structure(Lattice.cubic(4), ["C"], [[0, 0, 0]]).as_dict()
    slab["lattice"]["pbc"] = [True, True, False]
    path = tmp_path / "some.jsonl"
    first = json_lines.read_text().splitlines()[0]
    path.write_text(json.dumps({"id": "slab", "structure": slab}) + "\n" + first)
    how = [way, "periodicity", "-o", tmp_path / "out", "--json"]
    code, out, err = run("featurize", path, *how)
    assert code == 1
    found = json.loads(out)
    assert found["refused"] == []
    assert {row["name"] for row in found["incomplete"]} == {"slab"}
    assert "it is not periodic along c" in found["incomplete"][0]["reason"]
    assert "incomplete: slab has no " in err


def test_a_table_holds_what_the_python_api_gives(run, cifs, crystals, tmp_path):
    path = tmp_path / "table.csv"
    code, out, _ = run("featurize", cifs, "--table", "composition", "-o", path)
    assert (code, out) == (0, "")
    found = pd.read_csv(path, index_col="name")
    expected = StructureDescriptors("composition").set_output(transform="pandas")
    expected = expected.fit_transform(crystals)
    assert list(found) == list(expected)
    np.testing.assert_allclose(found, expected, rtol=1e-9)


@pytest.mark.parametrize(
    ("options", "remedy"),
    [
        ((), "Pass --output FOLDER"),
        (("--k", 0, "-o", "g"), "argument --k: '0' is no whole number"),
        (("--table", "full", "--descriptors", "full"), "not allowed with argument"),
    ],
)
def test_mistakes_are_named(run, cifs, options, remedy, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, err = run("featurize", cifs, *options)
    assert (code, out) == (2, "")
    assert remedy in err
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_graphs_is_replaced_only_if_asked_for(run, cifs, tmp_path):
    path = tmp_path / "graphs"
    path.mkdir()
    (path / "mine").write_text("mine")
    code, _, err = run("featurize", cifs, "-o", path)
    assert (code, "Pass --force" in err) == (2, True)
    code, _, err = run("featurize", cifs, "-o", path, "--force")
    assert code == 2
    assert "is not a folder of graphs, so it is not replaced" in err
    assert [one.name for one in path.iterdir()] == ["mine"]
