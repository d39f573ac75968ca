"""The report on data: what is there, what is wrong, and an exit code to match."""

import json

import pytest

from sk_knagcn import KNAGCNRegressor, StructureGraphTransformer, save_model


@pytest.fixture
def apart(json_lines, tmp_path):
    """Crystals that are all different, with targets."""
    path = tmp_path / "apart.jsonl"
    lines = [line for line in json_lines.read_text().splitlines() if line]
    path.write_text("\n".join(lines[:4]))
    return path


def test_sound_data_have_no_problems(run, apart):
    code, out, err = run("check", apart)
    assert (code, err) == (0, "")
    assert "4 structures of 8 to 8 atoms, median 8, 32 in all" in out
    assert "8 elements, in so many structures: " in out
    assert "volume: 8.181 to 35.9" in out
    assert "all 4 structures stay where they are" in out
    assert out.endswith("\nno problems\n")


def test_the_report_is_json_on_demand(run, apart):
    code, out, _ = run("check", apart, "--json", "--sample", 2)
    found = json.loads(out)
    assert code == 0
    assert found["problems"] == []
    assert found["n_structures"] == 4
    assert found["atoms"] == {"smallest": 8, "median": 8.0, "largest": 8, "total": 32}
    assert found["elements"]["Na"] == 1
    assert found["targets"][0]["name"] == "volume"
    assert found["missing"] == {"volume": []}
    assert found["leakage"]["shares"]["duplicates"] == 0
    assert found["invariance"]["n_structures"] == 2
    assert found["invariance"]["moved"] == []


def test_all_pairs_of_copies_are_listed_once_each(run, json_lines, tmp_path):
    entries = [json.loads(line) for line in json_lines.read_text().splitlines() if line]
    path = tmp_path / "twice.jsonl"
    lines = [
        json.dumps({**entry, "id": f"{copy}{i}"})
        for copy in "ab"
        for i, entry in enumerate(entries[:4])
    ]
    path.write_text("\n".join(lines))
    _, out, _ = run("check", path, "--sample", 0, "--cv", 8)
    pairs = [line for line in out.splitlines() if "are near duplicates" in line]
    assert len(pairs) == 4
    for i in range(4):
        assert sum(f"a{i} and b{i} " in pair for pair in pairs) == 1


def test_problems_are_named_and_counted(run, spoilt, tmp_path):
    lines = [f"{path.stem},5" for path in sorted(spoilt.glob("*.cif"))]
    lines[1] = "crystal0,"
    (spoilt / "id_prop.csv").write_text("\n".join([*lines, "nowhere,1"]))
    (spoilt / "y.cif").write_text((spoilt / "crystal5.cif").read_text())
    (spoilt / "id_prop.csv").write_text("\n".join([*lines, "nowhere,1", "y,5"]))
    code, out, err = run("check", spoilt, "--sample", 0)
    assert code == 1
    assert "refused: nowhere has a target but no file" in err
    problems = out.splitlines()[-1]
    assert "4 refused" in problems
    assert "1 without target0" in problems
    assert "target0 is the same for all" in problems
    assert "have a near duplicate on the other side of random folds" in problems
    assert "--group-by duplicates" in problems
    assert "are near duplicates" in out
    _, out, _ = run("check", spoilt, "--sample", 0, "--json")
    found = json.loads(out)
    assert found["missing"] == {"target0": ["crystal0"]}
    pair = found["leakage"]["near_duplicates"][0]
    assert {pair["test"], pair["train"]} == {"crystal5", "y"}
    assert len(found["problems"]) == 4
    assert "invariance" not in found


def test_without_targets_there_is_less_to_say(run, cifs, tmp_path):
    (tmp_path / "one.cif").write_text((cifs / "crystal0.cif").read_text())
    code, out, _ = run("check", tmp_path)
    assert code == 0
    assert "no targets" in out


def test_a_model_that_moves_is_found_out(run, model, apart, crystals, y, tmp_path):
    code, out, _ = run("check", apart, "--model", model)
    assert code == 0
    assert "invariance of predictions" in out
    paper = StructureGraphTransformer(frames="paper", k=6)
    network = KNAGCNRegressor.as_published(max_epochs=1, width=8, random_state=0)
    network.set_params(early_stopping=False)
    save_model(network.fit(paper.transform(crystals), y), tmp_path / "paper")
    code, out, _ = run("check", apart, "--model", tmp_path / "paper", "--json")
    found = json.loads(out)
    assert code == 1
    assert found["invariance"]["of"] == str(tmp_path / "paper")
    assert found["invariance"]["moved"] != []
    assert "move when written down differently" in found["problems"][-1]


def test_endings_may_be_capital(run, cifs, tmp_path):
    for file in cifs.glob("*.cif"):
        (tmp_path / f"{file.stem}.CIF").write_text(file.read_text())
    code, out, _ = run("check", tmp_path, "--sample", "0")
    assert code == 0
    assert "10" in out
