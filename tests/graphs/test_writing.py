"""Graphs of a stream, written as they are built: whole in the end, or begun again."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from pymatgen.core import Lattice, Structure
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sk_knagcn import (
    CrystalGraphs,
    StructureDescriptors,
    StructureGraphTransformer,
)
from sk_knagcn.graphs import growing, writing
from tests.descriptors.featurizers import Charge, Failing

ROOT = Path(__file__).parents[2]
# Writes graphs of a stream without end, until it is killed.
ENDLESS = """
import sys
from itertools import count
from pymatgen.core import Lattice, Structure
from sk_knagcn import StructureGraphTransformer
from sk_knagcn.graphs import writing

writing._PART_ATOMS = 2
iron = (Structure(Lattice.cubic(3 + i / 1000), ["Fe"], [[0] * 3]) for i in count())
StructureGraphTransformer(k=4).transform_to(iron, sys.argv[1])
"""


class Killed(BaseException):
    """What SIGKILL is to a process, to be caught by a test."""


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    """Parts of a few structures each, and a disk that is in no need of waiting."""
    monkeypatch.setattr(writing, "_PART_ATOMS", 6)
    monkeypatch.setattr(growing.os, "fsync", lambda descriptor: None)


@pytest.fixture
def transformer():
    return StructureGraphTransformer(k=8, cache=None)


def contents(folder):
    return {file.name: file.read_bytes() for file in folder.iterdir()}


@pytest.mark.parametrize("form", [list, iter, tuple])
def test_it_writes_what_transform_and_save_do(
    structures, graphs, transformer, tmp_path, form
):
    written = transformer.transform_to(form(structures), tmp_path / "written")
    graphs.save(tmp_path / "saved")
    assert written == graphs
    assert written.on_disk
    assert contents(tmp_path / "written") == contents(tmp_path / "saved")
    assert transformer.refused_ == {}
    assert {entry.name for entry in tmp_path.iterdir()} == {"written", "saved"}
    assert CrystalGraphs.open(tmp_path / "written") == graphs  # with all its checks


def test_a_few_structures_are_in_memory_at_a_time(
    structures, transformer, tmp_path, monkeypatch
):
    yielded, parts = [], []

    def stream():
        for structure in structures * 5:
            yielded.append(structure)
            yield structure

    build = transformer._build

    def building(crystals, *args, **kwargs):
        parts.append(len(crystals))
        assert len(yielded) == sum(parts)  # nothing is read ahead
        return build(crystals, *args, **kwargs)

    monkeypatch.setattr(transformer, "_build", building)
    written = transformer.transform_to(stream(), tmp_path / "graphs")
    assert len(written) == sum(parts) == 60
    assert max(parts) <= 6


def test_interrupted_anywhere_it_goes_on(
    structures, graphs, transformer, tmp_path, monkeypatch
):
    path = tmp_path / "graphs"
    graphs.save(tmp_path / "saved")
    for allowed in range(1, 1000):
        calls = []

        def sync(descriptor, calls=calls, allowed=allowed):
            calls.append(descriptor)
            if len(calls) > allowed:
                raise Killed

        monkeypatch.setattr(growing.os, "fsync", sync)
        try:
            transformer.transform_to(structures, path)
            break
        except Killed:
            assert not path.exists()
        monkeypatch.setattr(growing.os, "fsync", lambda descriptor: None)
        transformer.transform_to(structures, path)
        assert contents(path) == contents(tmp_path / "saved")
        assert not (tmp_path / "graphs.partial").exists()
        for file in path.iterdir():
            file.unlink()
        path.rmdir()
    assert allowed > 30
    assert contents(path) == contents(tmp_path / "saved")


def test_what_is_finished_is_not_built_again(structures, transformer, tmp_path, calls):
    def interrupted():
        yield from structures[:9]
        raise Killed

    path = tmp_path / "graphs"
    with pytest.raises(Killed):
        transformer.transform_to(interrupted(), path)
    lines = (tmp_path / "graphs.partial" / "progress.jsonl").read_text().splitlines()
    built = sum(json.loads(line)["structures"] for line in lines[1:])
    assert 0 < built == calls["build_environments"]
    transformer.transform_to(structures, path)
    assert calls["build_environments"] == len(structures)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda t, s: (t.set_params(k=7), s),
            "begun with .*'k': 8.*, not .*'k': 7",
        ),
        (lambda t, s: (t, s[::-1]), "other structures"),
        (lambda t, s: (t, s[:2]), "other structures"),
    ],
)
def test_nothing_is_mixed_up(structures, transformer, tmp_path, change, message):
    def interrupted():
        yield from structures[:9]
        raise Killed

    with pytest.raises(Killed):
        transformer.transform_to(interrupted(), tmp_path / "graphs")
    other, others = change(transformer, structures)
    with pytest.raises(ValueError, match=message):
        other.transform_to(others, tmp_path / "graphs")


@pytest.mark.parametrize("name", ["species.npy", "progress.jsonl"])
def test_damage_is_noticed(structures, transformer, tmp_path, name):
    def interrupted():
        yield from structures[:9]
        raise Killed

    with pytest.raises(Killed):
        transformer.transform_to(interrupted(), tmp_path / "graphs")
    file = tmp_path / "graphs.partial" / name
    if name == "progress.jsonl":
        file.write_bytes(file.read_bytes().replace(b"{", b"[", 1))
    else:
        file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(ValueError, match=r"graphs.partial is damaged .* Delete it"):
        transformer.transform_to(structures, tmp_path / "graphs")


def test_errors_name_the_place_in_the_stream(structures, transformer, tmp_path):
    close = Structure(Lattice.cubic(4), ["Na", "Na"], [[0, 0, 0], [0, 0, 1e-5]])
    for bad, message in ((None, "item 17 is of type"), (close, r"structure 17 \(Na\)")):
        stream = [*structures, *structures]
        stream[17] = bad
        with pytest.raises((TypeError, ValueError), match=message):
            transformer.transform_to(iter(stream), tmp_path / "graphs")
    # What was finished before is not lost: without the bad one it goes on.
    written = transformer.transform_to(structures * 2, tmp_path / "graphs")
    assert written == transformer.transform(structures * 2)


def test_bad_structures_are_left_out_and_listed(structures, transformer, tmp_path):
    close = Structure(Lattice.cubic(4), ["Na", "Na"], [[0, 0, 0], [0, 0, 1e-5]])
    stream = [None, *structures, close, *structures, close, None, "iron.cif"]
    bad = [0, 13, 26, 27, 28]
    path = tmp_path / "graphs"
    written = transformer.transform_to(iter(stream), path, on_error="skip")
    assert list(transformer.refused_) == bad
    for place, reason in transformer.refused_.items():
        assert reason.split()[1] == str(place)
    assert written == transformer.transform(structures * 2)
    listed = json.loads((path / "graphs.json").read_text())["refused"]
    assert listed == {str(i): reason for i, reason in transformer.refused_.items()}


def test_refused_ones_are_remembered_after_a_kill(structures, transformer, tmp_path):
    def interrupted():
        yield from [*structures[:3], None, *structures[3:9]]
        raise Killed

    path = tmp_path / "graphs"
    with pytest.raises(Killed):
        transformer.transform_to(interrupted(), path, on_error="skip")
    stream = [*structures[:3], None, *structures[3:]]
    written = transformer.transform_to(stream, path, on_error="skip")
    assert list(transformer.refused_) == [3]
    assert written == transformer.transform(structures)


def test_descriptors_are_those_of_the_objects_in_the_stream(structures, tmp_path):
    crystals = [s.copy() for s in structures if isinstance(s, Structure)] * 2
    for i, crystal in enumerate(crystals):
        crystal.add_oxidation_state_by_site([i % 3] * len(crystal))
    described = StructureGraphTransformer(
        k=8, descriptors=StructureDescriptors(featurizers=Charge(), cache=None)
    ).fit(crystals)
    written = described.transform_to(iter(crystals), tmp_path / "graphs")
    assert written == described.transform(crystals)
    assert len(set(written.columns.values.ravel())) > 2


def test_failing_descriptors_tell_where(structures, tmp_path):
    crystals = [s for s in structures if isinstance(s, Structure)][1:]
    stream = [*crystals[1:], crystals[0]]  # the only one with chlorine
    described = StructureGraphTransformer(
        k=8, descriptors=StructureDescriptors(featurizers=Failing(), cache=None)
    ).fit(stream)
    with pytest.raises(ValueError, match="no chlorine") as error:
        described.transform_to(stream, tmp_path / "graphs")
    assert "is 7 of X" in error.value.__notes__[0]
    described.transform_to(stream, tmp_path / "graphs", on_error="skip")
    assert list(described.refused_) == [len(stream) - 1]


@pytest.mark.parametrize(
    ("nothing", "why"), [([], "none"), ([None, None], "NoneType"), (iter([]), "none")]
)
def test_nothing_to_write_is_an_error(transformer, tmp_path, nothing, why):
    with pytest.raises(ValueError, match=f"no structure of X can be used: .*{why}"):
        transformer.transform_to(nothing, tmp_path / "graphs", on_error="skip")
    assert list(tmp_path.iterdir()) == []


def test_what_an_earlier_run_left_out_is_said_by_one_that_may_not(
    structures, transformer, tmp_path
):
    def stream(*, ends):
        yield None
        yield from structures
        if not ends:
            raise Killed

    path = tmp_path / "graphs"
    with pytest.raises(Killed):
        transformer.transform_to(stream(ends=False), path, on_error="skip")
    with pytest.raises(
        ValueError, match=r"an earlier run left out 1 .* on_error='skip'"
    ):
        transformer.transform_to(stream(ends=True), path)
    written = transformer.transform_to(stream(ends=True), path, on_error="skip")
    assert len(written) == len(structures)
    assert list(transformer.refused_) == [0]


def test_nothing_is_replaced_unasked(structures, graphs, transformer, tmp_path):
    path = tmp_path / "graphs"
    transformer.transform_to(structures[:5], path)
    with pytest.raises(FileExistsError, match="overwrite=True"):
        transformer.transform_to(structures, path)
    assert transformer.transform_to(structures, path, overwrite=True) == graphs
    assert [entry.name for entry in tmp_path.iterdir()] == ["graphs"]


def test_one_structure_is_no_stream(structures, transformer, tmp_path):
    with pytest.raises(TypeError, match="single Structure"):
        transformer.transform_to(structures[0], tmp_path / "graphs")
    with pytest.raises(ValueError, match="'raise' or 'skip'"):
        transformer.transform_to(structures, tmp_path / "graphs", on_error="ignore")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="SIGKILL needs POSIX")
def test_killed_it_goes_on(tmp_path):
    path = tmp_path / "graphs"
    progress = tmp_path / "graphs.partial" / "progress.jsonl"
    child = subprocess.Popen(
        [sys.executable, "-c", ENDLESS, path],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    while not progress.exists() or len(progress.read_bytes().splitlines()) < 5:
        assert child.poll() is None
        time.sleep(0.01)
    child.kill()
    child.wait()
    lines = progress.read_bytes().splitlines()
    iron = [
        Structure(Lattice.cubic(3 + i / 1000), ["Fe"], [[0] * 3])
        for i in range(2 * len(lines))
    ]
    transformer = StructureGraphTransformer(k=4)
    written = transformer.transform_to(iron, path)
    assert written == transformer.transform(iron)


@pytest.mark.parametrize("first_is_refused", [False, True])
def test_descriptors_that_learnt_something_else_do_not_go_on(
    structures, tmp_path, first_is_refused
):
    described = make_pipeline(StructureDescriptors("composition"), StandardScaler())
    transformer = StructureGraphTransformer(k=8, cache=None, descriptors=described)
    twice = Structure(Lattice.cubic(3), ["Fe", "Fe"], [[0, 0, 0], [0, 0, 1e-7]])
    stream = [twice] * first_is_refused + structures

    def interrupted():
        yield from stream[:6]
        raise Killed

    how = {"path": tmp_path / "graphs", "on_error": "skip"}
    before = transformer.fit(structures[:4])
    with pytest.raises(Killed):
        before.transform_to(interrupted(), **how)
    other = clone(transformer).fit(structures)
    with pytest.raises(ValueError, match=r"had learnt otherwise\. Delete it"):
        other.transform_to(iter(stream), **how)
    again = clone(transformer).fit(structures[:4])
    again.transform(structures)  # has been used, and learnt the same
    assert again.transform_to(iter(stream), **how) == again.transform(structures)


@pytest.mark.parametrize("left", [None, b"", b"\x93NUMPY", 200])
def test_descriptors_that_are_damaged_are_told(structures, tmp_path, left):
    described = StructureDescriptors("composition")
    transformer = StructureGraphTransformer(k=8, cache=None, descriptors=described)

    def interrupted():
        yield from structures[:6]
        raise Killed

    with pytest.raises(Killed):
        transformer.fit(structures).transform_to(interrupted(), tmp_path / "graphs")
    file = tmp_path / "graphs.partial" / "descriptors.npy"
    content = file.read_bytes()
    file.unlink()
    if left is not None:
        file.write_bytes(content[:left] if isinstance(left, int) else left)
    with pytest.raises(ValueError, match=r"is damaged \(descriptors.npy.*Delete it"):
        transformer.transform_to(structures, tmp_path / "graphs")


def test_nothing_is_taken_from_a_stream_that_cannot_be_written(
    structures, transformer, tmp_path
):
    (tmp_path / "graphs").mkdir()
    stream = iter(structures)
    with pytest.raises(FileExistsError):
        transformer.transform_to(stream, tmp_path / "graphs")
    assert len(list(stream)) == len(structures)
