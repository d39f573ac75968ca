"""A comparison that goes on where it stopped, and never mixes things up."""

import importlib
import os
import subprocess
import sys
import tracemalloc
from functools import cache, partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator
from sklearn.linear_model import Ridge
from sklearn.metrics import make_scorer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sk_knagcn import StructureGraphTransformer, compare
from sk_knagcn.comparison.journal import Journal
from sk_knagcn.graphs.columns import Columns
from sk_knagcn.storage import own_code
from tests.comparison.models import Broken, Recording, logistic, ridge
from tests.estimators.tiny import tiny

ROOT = Path(__file__).parents[2]


@pytest.fixture
def fits(tmp_path):
    """A folder with a file for each fit."""
    folder = tmp_path / "fits"
    folder.mkdir()
    return folder


@pytest.fixture
def journal(tmp_path):
    return tmp_path / "some" / "where"


@pytest.fixture
def run(fits, journal, structures, y):
    """Compare, and return the result and how many fits it took."""

    def run(**changes):
        before = len(list(fits.iterdir()))
        arguments = {
            "models": {"mean": Recording(str(fits)), "ridge": ridge()},
            "structures": structures,
            "y": y,
            "cv": 3,
            "path": journal,
        }
        result = compare(**(arguments | changes))
        return result, len(list(fits.iterdir())) - before

    return run


def files(journal):
    return sorted(journal.iterdir())


def assert_same(result, other):
    pd.testing.assert_frame_equal(result.table, other.table)
    pd.testing.assert_frame_equal(result.predictions, other.predictions)
    pd.testing.assert_frame_equal(result.scores, other.scores)


def test_what_is_finished_is_not_done_again(run, journal):
    first, fitted = run()
    assert fitted == 3
    assert [file.suffix for file in files(journal)] == [".npz"] * 6
    again, fitted = run()
    assert fitted == 0
    assert_same(first, again)  # times, too, are those of the fits


def test_other_folds_models_and_names_add_to_it(run, fits, journal):
    run()
    assert run(cv=4)[1] == 4
    assert run(train_sizes=[0.5])[1] == 3
    renamed, fitted = run(models={"another name": Recording(str(fits))})
    assert fitted == 0
    assert renamed.table.index.tolist() == ["another name"]


@pytest.mark.parametrize(
    "what", ["model", "y", "structure", "species", "properties", "charge", "order"]
)
def test_what_has_changed_is_done_anew(what, run, fits, structures, y):
    first, _ = run()
    changes = {}
    if what == "model":
        changes["models"] = {"mean": Recording(str(fits), answer=5.0), "ridge": ridge()}
    elif what == "y":
        changes["y"] = y + np.eye(24)[5]
    elif what == "order":
        changes["structures"] = structures[::-1]
    else:
        changed = structures[5].copy()
        if what == "structure":
            changed.translate_sites([0], [0, 0, 1e-6])
        elif what == "properties":
            changed.properties["measured"] = np.array([1.0])
        elif what == "charge":
            changed.set_charge(1)
        else:
            changed.add_oxidation_state_by_site([0] * len(changed))
        changes["structures"] = [*structures[:5], changed, *structures[6:]]
    other, fitted = run(**changes)
    assert fitted == 3
    assert run()[1] == run(**changes)[1] == 0  # both are kept
    assert_same(run()[0], first)
    assert_same(run(**changes)[0], other)


def test_graphs_are_told_apart(run, structures):
    graphs = StructureGraphTransformer(k=6).transform(structures)
    models = {"net": tiny(k=None)}
    first = run(structures=graphs, models=models)[0]
    fewer = run(structures=graphs.with_k(5), models=models)[0]
    assert not first.predictions.equals(fewer.predictions)
    numbers = np.arange(24.0)[:, None]
    described = graphs.with_columns(Columns(("number",), numbers))
    seen = run(structures=described, models=models)[0]
    assert not first.predictions.equals(seen.predictions)
    assert_same(run(structures=graphs, models=models)[0], first)


@pytest.mark.parametrize("damage", ["cut", "empty", "flipped", "other", "foreign"])
def test_a_damaged_file_is_done_anew(damage, run, journal, fits):
    first, _ = run(models={"mean": Recording(str(fits))})
    file, other, _ = files(journal)
    content = bytearray(file.read_bytes())
    if damage == "cut":
        file.write_bytes(content[:-100])
    elif damage == "empty":
        file.write_bytes(b"")
    elif damage == "flipped":
        at = content.index(b"prediction.npy") + 200
        content[at] ^= 0x10
        file.write_bytes(content)
    elif damage == "other":
        file.write_bytes(other.read_bytes())
    else:
        np.savez(file, prediction=np.arange(8.0), header=np.array("{}"))
    again, fitted = run(models={"mean": Recording(str(fits))})
    assert fitted == 1
    pd.testing.assert_frame_equal(first.predictions, again.predictions)
    assert run(models={"mean": Recording(str(fits))})[1] == 0


def test_failures_are_tried_again(run, fits):
    broken = {"broken": Broken()}
    result, _ = run(models=broken | {"mean": Recording(str(fits))})
    assert list(result.errors) == ["broken"]
    healed, fitted = run(
        models={"broken": Broken(answer=1.0), "mean": Recording(str(fits))}
    )
    assert (healed.errors, fitted) == ({}, 0)


def test_classes_are_kept_as_they_are(run, labels):
    named = {"models": {"logistic": logistic()}, "y": labels.astype(object)}
    first, again = run(**named)[0], run(**named)[0]
    assert_same(first, again)
    assert set(again.predictions["logistic"]) <= set(labels)


def test_files_hold_no_pickles(run, journal):
    run()
    for file in files(journal):
        with np.load(file, allow_pickle=False) as arrays:
            assert set(arrays.files) == {"header", "prediction"}
            assert arrays["prediction"].shape == (8,)


def test_a_model_that_cannot_be_told_from_others_is_refused(run, fits):
    model = Recording(str(fits)).set_params(answer=lambda: 0)
    with pytest.raises(ValueError, match="cannot be told from others"):
        run(models={"mean": model})


@pytest.mark.slow
def test_a_killed_comparison_goes_on(tmp_path):
    """Killed in the middle, twice; no fit that was finished is done again."""
    script = Path(__file__).with_name("kill_and_resume.py")
    run = subprocess.run(
        [sys.executable, script, tmp_path],
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    left_alone, killed = (
        pd.read_csv(tmp_path / name, index_col=["fold", "structure"])
        for name in ("undisturbed.csv", "disturbed.csv")
    )
    pd.testing.assert_frame_equal(killed, left_alone)
    # Each kill may have cost the one fit that was going on.
    assert 12 <= len(list((tmp_path / "fits").iterdir())) <= 14
    files = [file.suffix for file in (tmp_path / "journal").iterdir()]
    assert files.count(".npz") == 12


def in_session(lines, name="table"):
    """A function or class as somebody defines it in a notebook."""
    space = {"__name__": "__main__", "np": np, "pd": pd, "Base": BaseEstimator}
    space |= {"partial": partial, "cache": cache, "make_scorer": make_scorer}
    space |= {"Ridge": Ridge}
    exec("\n".join(lines), space)
    return space[name]


@pytest.mark.parametrize(
    "lines",
    [
        ["def table(X): return {}[:, None]"],
        ["def table(X): return helper(X)[:, None]", "def helper(X): return {}"],
    ],
    ids=["itself", "what it calls"],
)
def test_a_function_of_the_session_that_has_changed_is_done_anew(
    lines, run, monkeypatch
):
    values = ("np.ones(len(X))", "np.arange(len(X))")
    found = []
    for value in (*values, values[0]):
        table = in_session([line.format(value) for line in lines])
        monkeypatch.setattr("__main__.table", table, raising=False)
        result, _ = run(models={"ridge": ridge(table=table)})
        found.append(result.predictions)
    assert not found[0].equals(found[1])
    assert found[0].equals(found[2])


@pytest.mark.parametrize(
    "code",
    [
        "SHIFT = {}\nclass Mine(Base):\n  def predict(self, X): return SHIFT",
        "class Mine(Base):\n  shift = np.full(3, {})",
        "class First(Base):\n  def f(self): return {}\nclass Mine(First): pass",
        "class Mine(Base):\n  @staticmethod\n  def f(): return {}",
        "class Mine(Base):\n  @property\n  def f(self): return {}",
        "class Mine(Base):\n  def f(self, *, x={}): return x",
        "def make(x):\n  return lambda: x\nclass Mine(Base):\n  f = make({})",
    ],
    ids=["global", "attribute", "base", "static", "property", "default", "closure"],
)
def test_all_that_a_class_of_the_session_uses_counts(code):
    first, same, other = (
        own_code(in_session([code.format(x)], "Mine")()) for x in (1.5, 1.5, 2.5)
    )
    assert first == same != other


def test_a_module_of_ones_own_counts(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    file = tmp_path / "models_of_mine.py"
    file.write_text("from sklearn.linear_model import Ridge\nclass Mine(Ridge): pass\n")
    model = importlib.import_module("models_of_mine").Mine()
    before = own_code(model)
    assert before == own_code(make_pipeline(StandardScaler(), model)) != []
    file.write_text(f"{file.read_text()}# another\n")
    assert own_code(model) != before
    assert own_code(Ridge()) == []


def test_what_atoms_of_ase_carry_is_told_apart(run, structures):
    ase = pytest.importorskip("ase")
    atoms = [
        ase.Atoms(s.atomic_numbers, s.cart_coords, cell=s.lattice.matrix, pbc=True)
        for s in structures
    ]
    assert run(structures=atoms)[1] == 3
    assert run(structures=[one.copy() for one in atoms])[1] == 0
    atoms[3].info["measured"] = 1.0
    assert run(structures=atoms)[1] == 3
    atoms[3].set_initial_charges(np.ones(len(atoms[3])))
    assert run(structures=atoms)[1] == 3


@pytest.mark.parametrize(
    "held",
    [
        *("partial(change)", "Helper().change", "Helper()", "[Helper()]"),
        *("{'f': change}", "make_scorer(change)", "Ridge(alpha=Helper())"),
    ],
)
@pytest.mark.parametrize("how", ["parameter", "global"])
def test_code_behind_what_a_model_holds_counts(held, how):
    # A parameter, or what a function of the session uses by its name.
    code = (
        "def change(x): return x * {0}\n"
        "class Helper:\n  def change(self, x): return x * {0}\n"
        f"HELD = {held.replace('{', '{{').replace('}', '}}')}\n"
        "class Mine(Base):\n"
        "  def __init__(self, held=None): self.held = held\n"
    )
    if how == "global":
        code += "  def predict(self, X): return HELD\n"
    code += "def make(): return Mine({})\n".format("HELD" if how == "parameter" else "")
    first, same, other = (
        own_code(in_session([code.format(x)], "make")()) for x in (1.5, 1.5, 2.5)
    )
    assert first == same != other


@pytest.mark.parametrize(
    "code",
    ["TABLE = pd.DataFrame([{}])", "@cache\ndef TABLE(x): return x * {}"],
    ids=["a table", "what remembers"],
)
def test_whatever_a_function_uses_counts(code):
    code += "\nclass Mine(Base):\n  def f(self): return TABLE"
    first, same, other = (
        own_code(in_session([code.format(x)], "Mine")()) for x in (1.5, 1.5, 2.5)
    )
    assert first == same != other


def test_what_a_session_has_under_the_name_of_an_attribute_is_something_else():
    code = (
        "result = {}\nclass Mine(Base):\n"
        "  def fit(self, X, y):\n    self.result = 1\n    return self"
    )
    first, other = (own_code(in_session([code.format(x)], "Mine")()) for x in (1, 2))
    assert first == other


def test_a_model_is_known_by_its_parameters(journal, structures, y):
    journal = Journal(journal, "data", y)
    model = tiny()
    before = journal.describe(model)
    assert journal.describe(model.fit(structures, y)) == before


def test_nothing_large_is_copied_to_know_its_code():
    code = "class Mine(Base):\n  def __init__(self, held): self.held = held"
    model = in_session([code], "Mine")(held=np.zeros(30_000_000))
    tracemalloc.start()
    own_code(model)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10_000_000
