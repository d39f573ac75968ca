"""Classes from a shell: learnt if the target is words, told with probabilities."""

import io
import json

import numpy as np
import pandas as pd
import pytest

from sk_knagcn import load_model

QUICK = ("--epochs", 1, "--cv", 2)


@pytest.fixture
def kinds(names, tmp_path):
    """A table with a class in words, and the same in whole numbers."""
    path = tmp_path / "kinds.csv"
    lines = [f"{name},{'ab'[i % 2]},{i % 2}" for i, name in enumerate(names)]
    path.write_text("\n".join(["file,kind,number", *lines]))
    return path


def test_words_are_classes(run, cifs, kinds, crystals, tmp_path):
    path, about = tmp_path / "kind", ("--targets", kinds, "--target", "kind")
    code, out, err = run("train", cifs, *about, *QUICK, "--k", 6, "-o", path)
    assert (code, err) == (0, "")
    assert out.startswith("10 structures\nkind: 2 classes, a 5, b 5\ncross-validation")
    assert "Accuracy" in out or "accuracy" in out
    assert "ROC AUC" in out
    code, out, err = run("predict", path, cifs)
    found = pd.read_csv(io.StringIO(out))
    assert list(found) == ["name", "kind", "probability_a", "probability_b"]
    model = load_model(path)
    assert found["kind"].tolist() == model.predict(crystals).tolist()
    np.testing.assert_allclose(
        found.iloc[:, 2:], model.predict_proba(crystals), rtol=1e-4
    )


@pytest.mark.parametrize(("task", "metric"), [(None, "mae"), ("classification", "roc")])
def test_whole_numbers_are_classes_on_demand(run, cifs, kinds, task, metric):
    options = ["--targets", kinds, "--target", "number", "--model", "dummy", *QUICK]
    code, out, _ = run(
        "compare", cifs, *options, "--json", *(("--task", task) if task else ())
    )
    assert code == 0
    assert any(name.startswith(metric) for name in json.loads(out)["models"][0])


def test_check_counts_classes(run, cifs, kinds):
    options = ["--targets", kinds, "--target", "kind", "--sample", 0]
    _, out, _ = run("check", cifs, *options, "--json")
    (found,) = json.loads(out)["targets"]
    classes = [{"class": "a", "n": 5}, {"class": "b", "n": 5}]
    assert found == {"name": "kind", "n": 10, "classes": classes}


def test_classes_that_are_none_are_named(run, cifs, names, kinds):
    kinds.write_text("\n".join(f"{name},{name}" for name in names))
    code, _, err = run("train", cifs, "--targets", kinds, *QUICK)
    assert code == 2
    assert "each of 10 structures has a target0 of its own" in err


def test_a_classifier_is_checked_by_its_probabilities(run, cifs, kinds, tmp_path):
    path, about = tmp_path / "kind", ("--targets", kinds, "--target", "kind")
    assert run("train", cifs, *about, "--epochs", 1, "-o", path)[0] == 0
    _, out, err = run("check", cifs, *about, "--model", path, "--sample", 2, "--json")
    assert err == ""
    assert json.loads(out)["invariance"]["moved"] == []


@pytest.mark.parametrize("command", ["train", "compare"])
@pytest.mark.parametrize("form", ["numbers", "booleans"])
def test_a_missing_class_is_left_out(
    run, cifs, json_lines, names, tmp_path, command, form
):
    if form == "numbers":
        data = cifs
        table = tmp_path / "kinds.csv"
        lines = [f"{name},{i % 2}" for i, name in enumerate(names[1:])]
        table.write_text("\n".join(["name,kind", f"{names[0]},", *lines]))
        options = ["--targets", table, "--task", "classification"]
    else:
        data, options = tmp_path / "lines.jsonl", []
        entries = map(json.loads, filter(None, json_lines.read_text().splitlines()))
        lines = [
            json.dumps({**entry, "targets": {"metal": i % 2 == 0} if i else {}})
            for i, entry in enumerate(entries)
        ]
        data.write_text("\n".join(lines))
    options += ["--model", "k-nagcn"] if command == "train" else ["--model", "dummy"]
    code, out, err = run(command, data, *options, *QUICK)
    assert code == 0, err
    assert "9 structures" in out or "9 structures" in err
    assert f"refused: {names[0]} has no " in err
