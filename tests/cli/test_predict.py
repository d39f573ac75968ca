"""Predictions of a saved network: every structure of the input has its row."""

import io
import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pymatgen.core import Lattice, Structure
from sklearn.pipeline import make_pipeline

from sk_knagcn import (
    KNAGCNClassifier,
    KNAGCNRegressor,
    StructureDescriptors,
    StructureGraphTransformer,
    load_model,
    save_model,
)
from sk_knagcn.datasets import load_cif_folder


def table(text):
    return pd.read_csv(io.StringIO(text))


def test_they_are_those_of_the_python_api(run, model, cifs, names, crystals):
    code, out, err = run("predict", model, cifs)
    assert (code, err) == (0, "")
    found = table(out)
    assert list(found) == ["name", "volume"]
    assert found["name"].tolist() == names
    expected = load_model(model).predict(crystals)
    np.testing.assert_allclose(found["volume"], expected, rtol=1e-5)


def test_files_and_lines_give_the_same_in_their_own_order(
    run, model, cifs, json_lines, tmp_path
):
    backwards = tmp_path / "backwards.jsonl"
    lines = json_lines.read_text().splitlines()
    backwards.write_text("\n".join([*lines[::-1], '{"id": "nothing"}', "no JSON"]))
    code, out, err = run("predict", model, backwards)
    found = table(out).set_index("name")
    assert code == 1
    assert "refused: nothing has no structure" in err
    assert found.index[-2:].tolist() == ["nothing", "line 13"]
    assert found["volume"].tail(2).isna().all()
    expected = table(run("predict", model, cifs)[1]).set_index("name")
    assert found.index[:10].tolist() == expected.index[::-1].tolist()
    np.testing.assert_allclose(
        found["volume"].iloc[:10], expected["volume"].iloc[::-1], rtol=1e-5
    )


def test_what_is_refused_has_a_row_and_a_reason(run, model, spoilt, names):
    code, out, err = run("predict", model, spoilt)
    found = table(out)
    refused = ["a_broken", "crystal4_mixed", "z_twice"]
    assert code == 1
    assert found["name"].tolist() == sorted([*names, *refused])
    assert found.loc[found["volume"].isna(), "name"].tolist() == refused
    a, mixed, twice = sorted(err.splitlines())
    assert a.startswith("refused: a_broken cannot be read")
    assert mixed.startswith("refused: crystal4_mixed (Cs0.6K0.4Cl) has a disordered")
    assert mixed.endswith("or pass --on-disorder majority.")
    assert twice.startswith("refused: z_twice has overlapping atoms: sites 1 and 2")
    code, out, _ = run("predict", model, spoilt, "--on-disorder", "majority", "--json")
    result = json.loads(out)
    assert code == 1
    assert [one["name"] for one in result["refused"]] == ["a_broken", "z_twice"]
    assert [one["name"] for one in result["rows"]] == sorted([*names, *refused])
    assert result["rows"][0] == {"name": "a_broken", "volume": None}
    assert result["model"] == str(model)


def test_a_file_is_written_whole_and_never_over_another(run, model, cifs, tmp_path):
    path = tmp_path / "predictions.csv"
    assert run("predict", model, cifs, "--output", path) == (0, "", "")
    before = path.read_text()
    assert list(table(before)) == ["name", "volume"]
    path.write_text("mine")
    code, out, err = run("predict", model, cifs, "-o", path)
    assert (code, out) == (2, "")
    assert err == f"sk-knagcn: error: {path} exists. Pass --force to replace it.\n"
    assert path.read_text() == "mine"
    assert run("predict", model, cifs, "-o", path, "--force")[0] == 0
    assert path.read_text() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_network_saved_without_its_transformer_will_do(
    run, graphs, crystals, cifs, y, tmp_path
):
    network = KNAGCNRegressor(width=8, max_epochs=1, random_state=0)
    network.fit(graphs, np.column_stack([y, y**2]))
    save_model(network, tmp_path / "net")
    found = table(run("predict", tmp_path / "net", cifs)[1])
    assert list(found) == ["name", "prediction0", "prediction1"]
    np.testing.assert_allclose(found.iloc[:, 1:], network.predict(crystals), rtol=1e-5)
    assert asdict(network.graph_settings_)["k"] == 6


def test_classes_are_predicted_too(run, graphs, cifs, y, tmp_path):
    kinds = np.where(y > 15, "wide", "narrow")
    network = KNAGCNClassifier(width=8, max_epochs=1, random_state=0)
    save_model(network.fit(graphs, kinds), tmp_path / "net")
    found = table(run("predict", tmp_path / "net", cifs)[1])
    assert found["prediction"].isin(["wide", "narrow"]).all()


def test_a_file_that_is_no_model_is_refused(run, cifs, tmp_path):
    path = tmp_path / "model.pickle"
    assert run("predict", path, cifs)[2] == (
        f"sk-knagcn: error: there is no file {path}.\n"
    )
    path.write_bytes(b"cos\nsystem\n(S'touch was-here'\ntR.")
    code, _, err = run("predict", path, cifs)
    assert code == 2
    assert "is no model of this package, or is damaged" in err
    assert not (tmp_path / "was-here").exists()


@pytest.mark.parametrize("text", ["", "data_x\n"])
def test_where_nothing_can_be_used_it_stops(run, model, tmp_path, text):
    code, out, err = run("predict", model, tmp_path)
    assert (code, out) == (2, "")
    assert "there are no files named *.cif" in err
    (tmp_path / "one.cif").write_text(text)
    code, out, err = run("predict", model, tmp_path)
    assert (code, out) == (2, "")
    assert "The first of 1 reasons: one cannot be read" in err


def test_a_target_may_be_called_as_the_files_are(run, cifs, tmp_path):
    table = tmp_path / "table.csv"
    lines = (cifs / "id_prop.csv").read_text()
    table.write_text(f"file,name\n{lines}")
    path = tmp_path / "net.safetensors"
    how = ("--targets", table, "--epochs", 1, "--k", 6, "-o", path)
    assert run("train", cifs, *how)[0] == 0
    code, out, err = run("predict", path, cifs)
    assert (code, err) == (0, "")
    assert out.splitlines()[0] == "name,predicted_name"
    assert len(out.splitlines()) == 11
    rows = json.loads(run("predict", path, cifs, "--json")[1])["rows"]
    assert [row["name"] for row in rows] == [f"crystal{i}" for i in range(10)]


def test_what_cannot_be_described_is_refused_by_its_name(run, cifs, tmp_path):
    path = tmp_path / "hybrid.safetensors"
    X, y = load_cif_folder(cifs, return_X_y=True)
    described = StructureDescriptors("periodicity")
    net = KNAGCNRegressor(max_epochs=1, width=8)
    model = make_pipeline(StructureGraphTransformer(k=6, descriptors=described), net)
    save_model(model.fit(X, y), path)
    some = tmp_path / "some"
    some.mkdir()
    shutil.copy(cifs / "crystal0.cif", some / "b.cif")
    helium = Structure(Lattice.cubic(4.2), ["He"], [[0, 0, 0]])  # without a radius
    helium.to(str(some / "a.cif"))
    code, out, err = run("predict", path, some)
    assert code == 1
    assert [line.split(",")[0] for line in out.splitlines()] == ["name", "a", "b"]
    assert out.splitlines()[1] == "a,"
    found = float(out.splitlines()[2].split(",")[1])
    assert found == pytest.approx(load_model(path).predict(X[:1])[0], rel=1e-4)
    assert err.startswith("refused: a cannot be described in full: DensityFeatures: no")
    assert "on_error" not in err


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs POSIX")
def test_links_and_pipes_stay_what_they_are(run, model, cifs, tmp_path):
    target, link = tmp_path / "target.csv", tmp_path / "link.csv"
    target.write_text("old")
    link.symlink_to(target)
    assert run("predict", model, cifs, "-o", link, "--force")[0] == 0
    assert link.is_symlink()
    assert target.read_text().startswith("name,")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as reader:
        found = reader.submit(pipe.read_text)
        assert run("predict", model, cifs, "-o", pipe, "--force")[0] == 0
        assert found.result(timeout=60) == target.read_text()
    assert pipe.is_fifo()


@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="needs /dev/stdout")
def test_standard_output_may_be_named(model, cifs):
    words = [sys.executable, "-m", "sk_knagcn", "predict", str(model), str(cifs)]
    named = subprocess.run(
        [*words, "-o", "/dev/stdout", "--force"], capture_output=True, text=True
    )
    assert (named.returncode, named.stderr) == (0, "")
    assert named.stdout.startswith("name,volume\ncrystal0,")


@pytest.mark.parametrize("command", ["train", "predict", "label", "featurize"])
def test_a_folder_where_a_file_belongs_is_named_at_once(run, command, tmp_path):
    place, absent = tmp_path / "place", tmp_path / "absent"
    if command == "featurize":
        place.write_text("mine")
    else:
        place.mkdir()
    what = {"predict": [absent, absent], "label": [absent, "bond"]}
    data = what.get(command, [absent])  # not even looked at
    code, out, err = run(command, *data, "-o", place, "--force")
    assert (code, out) == (2, "")
    assert f"{place} is a f" in err
    assert place.exists()
