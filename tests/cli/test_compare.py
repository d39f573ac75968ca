"""Comparisons from a shell: table, page, and fits that are not done twice."""

import argparse
import json

import pandas as pd
import pytest
from sklearn.dummy import DummyRegressor

from sk_knagcn import default_models
from sk_knagcn.cli import compare as command

QUICK = ("--cv", 2, "--epochs", 1)
TWO = ("--model", "dummy", "--model", "cgcnn")


def test_table_and_page_are_written_and_the_text_is_for_people(run, cifs, tmp_path):
    page, table = tmp_path / "page.html", tmp_path / "table.csv"
    outputs = ["--output", page, "--output", table, "--unit", "A^3"]
    code, out, err = run("compare", cifs, *QUICK, *TWO, *outputs)
    assert (code, err) == (0, "")
    line = "2 models for target0, 10 structures, 2 folds, ranked by MAE"
    assert out.splitlines()[0] == line
    rows = pd.read_csv(table, index_col="model")
    assert set(rows.index) == {"dummy", "CGCNN"}
    assert (rows["mae"] > 0).all()
    assert "A^3" in page.read_text("utf-8")
    code, _, err = run("compare", cifs, *QUICK, *TWO, *outputs)
    assert (code, "Pass --force" in err) == (2, True)


def test_it_goes_on_where_it_was_stopped(run, cifs, tmp_path):
    options = [*QUICK, *TWO, "--resume", tmp_path, "--group-by", "formula", "--json"]
    _, first, _ = run("compare", cifs, *options)
    files = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert len(files) == 4
    _, second, _ = run("compare", cifs, *options)
    assert json.loads(first) == json.loads(second)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == files
    result = json.loads(first)
    assert (result["n_structures"], result["folds"]) == (10, 2)
    assert {row["model"] for row in result["models"]} == {"dummy", "CGCNN"}


def test_values_per_atom_and_other_metrics(run, cifs):
    options = [*QUICK, *TWO, "--per-atom", "--metric", "rmse", "--metric", "r2"]
    code, out, _ = run("compare", cifs, *options, "--json")
    (row, _) = json.loads(out)["models"]
    assert code == 0
    assert row["rmse"] > 0
    assert "mae" not in row


def test_a_model_that_fails_costs_its_row_and_is_told(run, cifs, monkeypatch):
    def with_a_bad_one(**options):
        bad = DummyRegressor(strategy="constant", constant="nothing")
        return {**default_models(**options), "CGCNN": bad}

    monkeypatch.setattr("sk_knagcn.comparison.default_models", with_a_bad_one)
    code, out, _ = run("compare", cifs, *QUICK, *TWO)
    assert code == 1
    assert "CGCNN failed" in out


@pytest.mark.parametrize(
    ("options", "remedy"),
    [
        (("--model", "gcn"), "invalid choice: 'gcn'"),
        (("--output", "page.pdf"), "page.pdf must end in .csv or .html."),
        (("--metric", "goodness"), "'goodness'"),
        (("--cv", 1), "n_splits=1"),
    ],
)
def test_mistakes_are_named(run, cifs, options, remedy):
    code, out, err = run("compare", cifs, *options)
    assert (code, out) == (2, "")
    assert remedy in err


def test_all_models_are_compared_by_default():
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    assert parser.parse_args(["cifs"]).model is None


def test_structures_are_counted_that_were_compared(run, json_lines, tmp_path):
    lines = [line for line in json_lines.read_text().splitlines() if line]
    broken = json.loads(lines[0])
    broken["structure"]["sites"].append(broken["structure"]["sites"][0])
    path = tmp_path / "x.jsonl"
    path.write_text("\n".join([*lines, json.dumps(broken | {"id": "broken"})]))
    _, out, _ = run("compare", path, "--model", "dummy", "--cv", 2, "--json")
    found = json.loads(out)
    assert (found["n_structures"], len(found["refused"])) == (10, 1)
