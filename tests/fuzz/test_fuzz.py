"""A few hundred mutated files; `python -m tests.fuzz.run` judges thousands."""

import os

import pytest

from tests.fuzz.judge import REFUSED_AT_DOOR, REFUSED_BY_READER, RIGHT, WRONG, Judge
from tests.fuzz.mutations import CIF_MUTATIONS
from tests.fuzz.originals import cif_texts, json_texts
from tests.fuzz.run import judge_all, mutated, summary

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="children are forked")


@pytest.fixture(scope="module")
def judge():
    return Judge()


def test_sound_files_are_read(judge):
    cifs = {f"cif-{i}": text.encode() for i, text in enumerate(cif_texts())}
    texts = {f"json-{i}": text.encode() for i, text in enumerate(json_texts())}
    verdicts = [*judge.cif_files(cifs), *judge.json_texts(texts)]
    assert {verdict.outcome for verdict in verdicts} == {RIGHT}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # pymatgen's, of what it finds in such files
@pytest.mark.parametrize(("kind", "n"), [("cif", 200), ("json", 100)])
def test_a_few_hundred_files_are_refused_or_read_rightly(judge, kind, n):
    verdicts = judge_all(mutated(n, 0, kind), judge)
    assert len(verdicts) == n
    assert [verdict for verdict in verdicts if verdict.outcome == WRONG] == []
    outcomes = {verdict.outcome for verdict in verdicts}
    refused = REFUSED_BY_READER if kind == "cif" else REFUSED_AT_DOOR
    assert {RIGHT, refused} <= outcomes
    assert f"{kind} in all" in summary(verdicts)


def test_the_same_seed_makes_the_same_files():
    assert mutated(60, 5, "cif") == mutated(60, 5, "cif")
    assert mutated(20, 5, "json") != mutated(20, 6, "json")
    done = "+".join(mutated(600, 0, "cif"))
    assert all(mutation.__name__ in done for mutation in CIF_MUTATIONS)


def hang(files):
    while True:
        pass


def eat(files):
    return [bytes(2**33)]


def crash(files):
    os._exit(3)


@pytest.mark.slow
def test_the_judge_sees_hangs_and_crashes(monkeypatch):
    from tests.fuzz import run

    monkeypatch.setattr(run, "SECONDS", 1)
    assert "hangs" in run.judge_apart(hang, {})
    assert "MemoryError" in run.judge_apart(eat, {})
    assert "crashes" in run.judge_apart(crash, {})
