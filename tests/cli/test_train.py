"""Training from a shell: the file predicts on its own, and says how good it is."""

import json

import numpy as np
import pytest
from pymatgen.core import Structure
from sklearn.pipeline import Pipeline

from sk_knagcn import default_models, load_model
from sk_knagcn.cli.arguments import GROUPS, PRESETS
from sk_knagcn.cli.models import MODELS, NETWORKS
from sk_knagcn.descriptors.presets import PRESETS as ALL_PRESETS
from sk_knagcn.splits.groups import KINDS

QUICK = ("--epochs", 1, "--k", 6)


def test_what_can_be_chosen_is_what_there_is():
    models = default_models()
    assert list(MODELS.values()) != []
    assert set(MODELS.values()) == set(models)
    networks = {name for name, one in models.items() if "net__k" in one.get_params()}
    assert set(NETWORKS.values()) == networks
    assert set(PRESETS) == set(ALL_PRESETS)
    assert set(GROUPS) == set(KINDS)


def test_the_file_is_a_pipeline_that_knows_its_target(model, crystals):
    loaded = load_model(model)
    assert isinstance(loaded, Pipeline)
    assert loaded["graph"].k == 6
    assert loaded["net"].target_names_ == ("volume",)
    assert loaded.predict(crystals).shape == (10,)


def test_cgcnns_layout_works_as_it_is(run, cifs, tmp_path):
    path = tmp_path / "net.safetensors"
    code, out, err = run("train", cifs, *QUICK, "-o", path, "--model", "cgcnn")
    assert (code, err) == (0, "")
    assert out.startswith("10 structures\ntarget0: 8.181 to 38.73, mean 23.66")
    assert load_model(path)["net"].target_names_ == ("target0",)


def test_it_repeats_itself_and_options_reach_the_network(
    run, json_lines, crystals, tmp_path
):
    options = [*QUICK, "--readout", "sum", "--seed", 3, "--descriptors", "composition"]
    for name in "ab":
        path = tmp_path / name
        assert run("train", json_lines, *options, "-o", path)[0] == 0
    first, second = load_model(tmp_path / "a"), load_model(tmp_path / "b")
    predictions = first.predict(crystals)
    np.testing.assert_array_equal(predictions, second.predict(crystals))
    assert first["net"].readout == "sum"
    assert first["graph"].descriptors.preset == "composition"
    assert len(first["net"].descriptor_names_) == 138


def test_cross_validation_says_how_good_it_is_and_writes_nothing(
    run, cifs, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    code, out, _ = run("train", cifs, *QUICK, "--cv", 2, "--group-by", "formula")
    assert code == 0
    assert "cross-validation, 2 folds, by formula: MAE " in out
    code, out, _ = run("train", cifs, *QUICK, "--cv", 2, "--json")
    result = json.loads(out)
    assert (code, result["n_structures"], result["model"]) == (0, 10, "k-nagcn")
    scores = result["cross_validation"]
    assert scores["folds"] == 2
    assert scores["mae"] > 0 < scores["mae_mad"]
    assert result["targets"][0]["n"] == 10
    assert list(tmp_path.iterdir()) == []


def test_several_targets_are_learnt_together_with_gaps(run, cifs, crystals, tmp_path):
    lines = (cifs.parent / "table.csv").read_text().splitlines()
    first = lines[1].split(",")
    lines[1] = ",".join([*first[:2], "", first[3]])
    lines[2] = f"{lines[2].split(',')[0]},,,"
    table = tmp_path / "gaps.csv"
    table.write_text("\n".join(lines))
    both = ["--targets", table, "--target", "square", "--target", "volume"]
    path = tmp_path / "net"
    code, out, err = run("train", cifs, *both, *QUICK, "-o", path)
    assert code == 0
    assert err == "refused: crystal1 has no square, volume\n"
    assert out.startswith("9 structures\nsquare: ")
    loaded = load_model(path)
    assert loaded["net"].target_names_ == ("square", "volume")
    assert loaded.predict(crystals).shape == (10, 2)
    code, _, err = run("train", cifs, *both, *QUICK, "--cv", 2)
    assert code == 2
    assert "about one target, not square, volume. Choose with --target" in err


def test_what_is_refused_is_left_out(run, spoilt, tmp_path):
    (spoilt / "id_prop.csv").write_text(
        "\n".join(f"{path.stem},{i}" for i, path in enumerate(spoilt.glob("*.cif")))
    )
    code, out, err = run("train", spoilt, *QUICK, "-o", tmp_path / "net", "--json")
    result = json.loads(out)
    assert (code, result["n_structures"]) == (0, 10)
    names = [one["name"] for one in result["refused"]]
    assert sorted(names) == ["a_broken", "crystal4_mixed", "z_twice"]
    assert err.count("refused: ") == 3
    options = [*QUICK, "--on-disorder", "majority", "-o", tmp_path / "net", "--force"]
    assert run("train", spoilt, *options)[1].startswith("11 structures")
    assert load_model(tmp_path / "net")["graph"].on_disorder == "majority"


def test_a_killed_training_goes_on_from_its_checkpoint(run, cifs, tmp_path):
    folder = tmp_path / "states"
    options = [*QUICK, "--checkpoint", folder, "--force", "-o", tmp_path / "net"]
    assert run("train", cifs, *options)[0] == 0
    (file,) = folder.iterdir()
    before = file.stat().st_mtime_ns
    assert run("train", cifs, *options)[0] == 0
    assert [one.stat().st_mtime_ns for one in folder.iterdir()] == [before]


@pytest.mark.parametrize(
    ("options", "remedy"),
    [
        ((), "pass --output FILE to keep a trained network, --cv 5"),
        (("--group-by", "formula", "-o", "x"), "Pass --cv 5 as well."),
        (("--cv", 2, "--targets", "TABLE"), "no value of the target 'formula'"),
        (("--cv", 2, "--targets", "TABLE"), "Choose the targets with --target."),
        (
            ("--cv", 2, "--targets", "TABLE", "--target", "formula"),
            "formula is X for all 10 structures. There must be two classes",
        ),
        (
            (
                "--cv",
                2,
                "--targets",
                "TABLE",
                "--target",
                "volume",
                "--task",
                "classification",
            ),
            "volume has numbers that are not whole",
        ),
        (
            (
                "--cv",
                2,
                "--targets",
                "TABLE",
                "--target",
                "formula",
                "--task",
                "regression",
            ),
            "no value of the target 'formula'",
        ),
        (
            ("--cv", 2, "--targets", "TABLE", "--target", "gap"),
            "has no target 'gap'; it has formula, volume, square.",
        ),
        (("--cv", 99), "Cannot have number of splits n_splits=99"),
        (("--cv", 2, "--readout", "sun"), "invalid choice: 'sun'"),
        (("--cv", 2, "--model", "ensemble"), "invalid choice: 'ensemble'"),
        (("--epochs", 0, "--cv", 2), "argument --epochs: '0' is no whole"),
        (("--k", "x", "--cv", 2), "argument --k: 'x' is no whole number"),
        (("-o", "nowhere/net"), "Make it first."),
    ],
)
def test_mistakes_are_named_with_a_remedy(run, cifs, options, remedy):
    table = cifs.parent / "table.csv"
    typed = [table if one == "TABLE" else one for one in options]
    code, out, err = run("train", cifs, *typed)
    assert (code, out) == (2, "")
    assert remedy in err
    assert "Traceback" not in err


def test_data_without_targets_are_named(run, cifs, json_lines, tmp_path):
    folder = tmp_path / "cifs"
    folder.mkdir()
    (folder / "a.cif").write_text((cifs / "crystal0.cif").read_text())
    for typed in ([folder], [folder, "--target", "gap"]):
        code, _, err = run("train", *typed, "--cv", 2)
        assert code == 2
        assert "Pass --targets" in err
    code, _, err = run("train", json_lines, "--targets", "x.csv", "--cv", 2)
    assert code == 2
    assert "JSON lines have their targets with them" in err
    code, _, err = run("train", cifs, "--cv", 2, "--targets", tmp_path / "none.csv")
    assert code == 2
    assert "none.csv" in err
    several = cifs.parent / "numbers.csv"
    several.write_text("name,a,b\ncrystal0,1,2\ncrystal1,3,4\n")
    code, _, err = run("train", cifs, "--cv", 2, "--targets", several)
    assert "several targets: a, b. Choose with --target NAME." in err
    several.write_text("name,a\ncrystal0,\ncrystal1,\n")
    code, _, err = run("train", cifs, "--cv", 2, "--targets", several)
    assert "no structure has a number for a." in err


def test_disordered_sites_are_settled_for_descriptors_too(run, json_lines, tmp_path):
    shared = Structure.from_dict(
        json.loads(json_lines.read_text().split("\n")[0])["structure"]
    )
    shared.replace_species({"Na": {"Na": 0.7, "K": 0.3}})
    path, net = tmp_path / "shared.jsonl", tmp_path / "net.safetensors"
    lines = [
        json.dumps({"id": f"s{i}", "structure": shared.as_dict(), "targets": {"e": i}})
        for i in range(3)
    ]
    path.write_text("\n".join(lines))
    options = ["--on-disorder", "majority", "--descriptors", "composition", "--k", 6]
    assert run("train", path, *options, "--epochs", 1, "-o", net)[0] == 0
    assert np.isfinite(load_model(net).predict([shared])).all()
