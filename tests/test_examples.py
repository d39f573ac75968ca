"""The examples run from start to end."""

import gzip
import json
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from matplotlib import pyplot as plt
from pymatgen.core import Lattice, Structure

from sk_knagcn.datasets import make_prototype_crystals

FOLDER = Path(__file__).parents[1] / "examples"
EXAMPLES = [*sorted(FOLDER.glob("plot_*.py")), FOLDER / "quickstart.py"]


@pytest.mark.slow
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example_runs(path, tmp_path, monkeypatch, capsys):
    plt.switch_backend("Agg")
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(path), run_name="__main__")
    drawn = plt.get_fignums()
    plt.close("all")
    if path.stem.startswith("plot_"):  # for the gallery, which shows what they draw
        assert drawn
        assert not list(tmp_path.iterdir())
    else:
        assert capsys.readouterr().out


def run(name, folder, *options):
    """Run an experiment, as small as it gets, and give what it prints."""
    script = [sys.executable, FOLDER / "experiments" / f"{name}.py", *options]
    few = ["--epochs", "1", "--jobs", "1", "--folder", "results"]
    ended = subprocess.run(
        [*script, *few], cwd=folder, capture_output=True, text=True, timeout=500
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


@pytest.mark.slow
def test_henry_experiment_runs_on_a_few(tmp_path):
    pytest.importorskip("CoRE_MOF", reason="needs CoRE-MOF: the extra mof")
    few = ["--structures", "40", "--max-atoms", "40", "--train", "12", "--splits", "1"]
    few += ["--sweep-epochs", "1"]
    said = run("henry", tmp_path, *few, "--temperatures", "298.15")
    assert "of 40 kept;" in said
    lines = [line for line in said.splitlines() if line.startswith("CGCNN ")]
    # Table 1 twice, with the paper's errors, and Table 3.
    assert ["0.25" in lines[0], "0.31" in lines[1], len(lines)] == [True, True, 3]
    assert [k for k in (4, 8, 12, 16, 32) if f"\n{k} " in said] == [4, 8, 12, 16, 32]
    files = {file.name for file in (tmp_path / "results").iterdir()}
    assert {"k.png", "log10_H-298K.html", "log10_H+1-298K.png"} <= files
    # What is kept in the folder is not done again, and is the same.
    table = run("henry", tmp_path, *few, "--temperatures", "298.15", "--parts", "table")
    assert said.split("\nMAE of")[0].splitlines()[1:] == table.splitlines()[1:]


@pytest.mark.slow
def test_ion_experiment_makes_its_own_crystals(tmp_path):
    said = run("ion_conductors", tmp_path, "--crystals", "60", "--folds", "2")
    assert "60 prototypes" in said
    assert said.count("k-NAGCN as published") == 3
    assert "0.390" in said


@pytest.mark.slow
def test_ion_experiment_reads_files_and_says_what_it_leaves_out(tmp_path):
    salts = make_prototype_crystals(80, target="volume_per_atom", random_state=0)
    ions = {"Li", "Na", "K", "Rb", "Cs", "Ag"}
    mobile = [s for s in salts.structures if ions & {e.symbol for e in s.elements}]
    with_hydrogen, mixed = mobile[0].copy(), mobile[0].copy()
    with_hydrogen.append("H", [0.1, 0.2, 0.3])
    mixed[0] = {mixed[0].species_string: 0.5}
    lines = [
        *mobile[:10],
        with_hydrogen,
        mixed,
        Structure(Lattice.cubic(2.5), ["Fe"], [[0, 0, 0]]),
    ]
    text = "\n".join(json.dumps({"structure": one.as_dict()}) for one in lines)
    (tmp_path / "some.jsonl").write_text(text + "\nnothing")
    said = run("ion_conductors", tmp_path, "--file", "some.jsonl", "--folds", "2")
    assert "some.jsonl: 13 crystals" in said
    assert "line 14" in said
    assert "10 to learn from" in said
    assert "1 with no mobile ion, 1 with mixed sites, 1 with no ionic radius" in said


@pytest.mark.slow
def test_phonon_experiment_keeps_to_the_splits_of_its_file(tmp_path):
    salts = make_prototype_crystals(30, random_state=0)
    cells = [len(one) for one in salts.structures]
    lines = [
        {
            "structure": one.as_dict(),
            "targets": {"cv_cell": 25.0 * n, "internal_energy_cell": y * n},
            "split": {"cv": "train" if i % 3 else "test", "internal_energy": "train"},
        }
        for i, (one, y, n) in enumerate(
            zip(salts.structures, salts.target, cells, strict=True)
        )
    ]
    lines[4]["split"]["internal_energy"] = lines[5]["split"]["internal_energy"] = "test"
    del lines[7]["targets"]["cv_cell"]
    del lines[8]["split"]
    text = "\n".join(map(json.dumps, lines))
    (tmp_path / "phonons.jsonl.gz").write_bytes(gzip.compress(text.encode()))
    said = run("phonons", tmp_path, "--file", "phonons.jsonl.gz")
    assert "cv_cell, J/(mol K): 18 to learn from, 10 to test" in said
    assert "internal_energy_cell, J/mol: 27 to learn from, 2 to test" in said
    assert said.count("trees, per atom") == 2


@pytest.mark.slow
def test_phonon_experiment_needs_no_file(tmp_path):
    said = run("phonons", tmp_path, "--crystals", "30")
    assert "24 to learn from, 6 to test" in said
    assert "below CGCNN" in said
