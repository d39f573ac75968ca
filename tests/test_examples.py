"""The examples run from start to end."""

import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from matplotlib import pyplot as plt

FOLDER = Path(__file__).parents[1] / "examples"
EXPERIMENTS = sorted(FOLDER.glob("experiment_*.py"))
EXAMPLES = sorted(set(FOLDER.glob("*.py")) - set(EXPERIMENTS))


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


@pytest.mark.slow
def test_henry_experiment_runs_on_a_few(tmp_path):
    pytest.importorskip("CoRE_MOF", reason="needs CoRE-MOF: the extra mof")
    few = ["--structures", "60", "--max-atoms", "80", "--splits", "1", "--epochs", "1"]
    script = [sys.executable, FOLDER / "experiment_henry.py", *few, "--jobs", "1"]
    ended = subprocess.run(
        script, cwd=tmp_path, capture_output=True, text=True, timeout=500
    )
    assert ended.returncode == 0, ended.stderr
    assert "kept;" in ended.stdout
    assert ended.stdout.count("hybrid") == 2
    assert (tmp_path / "henry-results" / "log10_H.html").is_file()
