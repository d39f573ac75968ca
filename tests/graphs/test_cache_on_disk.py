"""The cache in a folder: across processes, under many writers, after damage."""

import pickle
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from sk_knagcn import GraphCache, StructureGraphTransformer
from sk_knagcn.structures import check_structures

# What another process does: build graphs for pickled crystals, and say how often it
# had to search for neighbours.
BUILD = """
import pickle, sys
from pathlib import Path
from sk_knagcn.graphs import StructureGraphTransformer, build

searches, find_all = [], build.find_all_neighbors
build.find_all_neighbors = lambda *args: searches.append(1) or find_all(*args)
build._TASK_ATOMS = 1  # one transaction for each structure
folder, crystals, *ks = sys.argv[1:]
crystals = pickle.loads(Path(crystals).read_bytes())
print("ready", flush=True)
input()
for k in ks:
    StructureGraphTransformer(k=int(k), cache=folder).transform(crystals)
    print(len(searches), flush=True)
"""
# What a process leaves that is killed while it changes every page of the file.
HALF_A_WRITE = """
import sqlite3, sys

connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA cache_size = 1")
connection.execute("BEGIN IMMEDIATE")
connection.execute("UPDATE entries SET value = randomblob(5000), reach = 99")
print("halfway", flush=True)
input()
"""


@pytest.fixture(scope="session")
def crystals(structures):
    return check_structures(structures)


@pytest.fixture
def run_python():
    """Start scripts in other processes; none of them outlives the test."""
    started = []

    def run(script, *arguments):
        path = ";".join(f"sys.path.insert(0, {entry!r})" for entry in sys.path[::-1])
        command = [sys.executable, "-c", f"import sys;{path}\n{script}"]
        process = subprocess.Popen(
            [*command, *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def folder(crystals, tmp_path):
    """A cache with the graphs of all crystals for k=8."""
    transform(crystals, tmp_path / "cache")
    return tmp_path / "cache"


def transform(crystals, folder, k=8):
    """Graphs from a cache that holds nothing in memory yet."""
    cache = None if folder is None else GraphCache(path=folder)
    return StructureGraphTransformer(k=k, cache=cache).transform(crystals)


def change(folder, statement, *values):
    database = closing(sqlite3.connect(folder / "graphs.sqlite"))
    with database as connection, connection:
        connection.execute(statement, values)


def test_everything_is_found_again(crystals, folder, calls):
    expected = transform(crystals, None)
    calls.clear()
    assert transform(crystals, folder) == expected
    assert transform(crystals[::-2], folder) == expected[::-2]
    assert calls.total() == 0
    # Another k is framed anew, from the neighbours that are there.
    assert transform(crystals, folder, 12) == transform(crystals, None, 12)
    assert calls["find_neighbors"] == len(crystals)  # all by the one without a cache


def test_arrays_come_back_as_the_kernels_expect_them(graphs, tmp_path):
    for i, graph in enumerate(graphs):
        key = bytes([i])
        GraphCache(path=tmp_path).put({key: graph})
        found = GraphCache(path=tmp_path).get([key])[key]
        assert found.settings == graph.settings
        for name, array in found.arrays().items():
            assert array.flags.carray  # or numba would compile for them once more
            np.testing.assert_array_equal(array, getattr(graph, name), strict=True)


@pytest.fixture
def file(crystals, tmp_path):
    """The crystals, for another process."""
    tmp_path.joinpath("crystals").write_bytes(pickle.dumps(crystals))
    return tmp_path / "crystals"


def test_many_processes_share_a_folder(crystals, folder, file, run_python, calls):
    orders = [(8, 32, 16), (8, 12, 40)]
    writers = [run_python(BUILD, folder, file, *ks) for ks in orders]
    for writer in writers:
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:  # now all at once
        writer.stdin.write("\n")
        writer.stdin.flush()
    for writer in writers:
        output, _ = writer.communicate(timeout=120)
        assert writer.returncode == 0
        searches = [int(count) for count in output.split()]
        assert searches[0] == 0  # what this process has built
        assert searches[-1] <= len(crystals)

    expected = {k: transform(crystals, None, k) for k in (8, 12, 16, 32, 40)}
    calls.clear()
    for k, graphs in expected.items():
        assert transform(crystals, folder, k) == graphs
    assert calls.total() == 0


def test_killed_writer_spoils_nothing(crystals, folder, run_python, calls):
    expected = transform(crystals, None)
    writer = run_python(HALF_A_WRITE, folder / "graphs.sqlite")
    assert writer.stdout.readline() == "halfway\n"
    assert (folder / "graphs.sqlite-journal").exists()
    writer.kill()
    writer.wait()
    calls.clear()
    assert transform(crystals, folder) == expected
    assert calls.total() == 0


def test_killed_builder_leaves_a_cache(crystals, tmp_path, file, run_python, calls):
    folder = tmp_path / "cache"
    builder = run_python(BUILD, folder, file, *range(1, 1000))
    builder.stdin.write("\n")
    builder.stdin.flush()
    finished = [builder.stdout.readline() for _ in range(3)]
    builder.kill()
    builder.wait()
    assert finished[-1] == f"{len(crystals)}\n"
    for k in (1, 2, 50):
        expected = transform(crystals, None, k)
        calls.clear()
        assert transform(crystals, folder, k) == expected
        assert calls.total() == 0 or k == 50


@pytest.mark.parametrize("begun", ["", "PRAGMA user_version = 1"])
def test_cache_that_was_only_begun_is_an_empty_one(crystals, tmp_path, begun, calls):
    tmp_path.joinpath("graphs.sqlite").touch()
    change(tmp_path, begun)
    expected = transform(crystals, None)
    assert transform(crystals, tmp_path) == expected
    calls.clear()
    assert transform(crystals, tmp_path) == expected
    assert calls.total() == 0


@pytest.mark.parametrize(
    "damage",
    [
        "value = zeroblob(length(value))",
        "value = substr(value, 1, length(value) - 1)",
        "value = substr(value, 1, 5)",
        "value = x''",
        "value = NULL",
        "value = 'graph'",
        "value = 7",
    ],
)
def test_damaged_entries_are_built_again(crystals, folder, calls, damage):
    expected = transform(crystals, None)
    change(folder, f"UPDATE entries SET {damage}")
    calls.clear()
    assert transform(crystals, folder) == expected
    assert calls["find_neighbors"] == len(crystals)
    calls.clear()
    assert transform(crystals, folder) == expected
    assert calls.total() == 0


def test_one_changed_bit_is_seen(crystals, folder, calls):
    expected = transform(crystals, None)
    database = closing(sqlite3.connect(folder / "graphs.sqlite"))
    with database as connection:
        entries = connection.execute("SELECT key, value FROM entries").fetchall()
    for at, (key, value) in enumerate(entries):
        flipped = bytearray(value)
        flipped[at * (len(value) - 1) // len(entries)] ^= 1
        change(folder, "UPDATE entries SET value = ? WHERE key = ?", flipped, key)
    calls.clear()
    assert transform(crystals, folder) == expected
    assert calls["find_neighbors"] == len(crystals)


@pytest.mark.parametrize(
    "content", [b"no database" * 1000, b"\0" * 5000, "half", "hole"]
)
def test_damaged_file_is_named(crystals, folder, content):
    file = folder / "graphs.sqlite"
    whole = file.read_bytes()
    if content == "half":
        content = whole[: len(whole) // 2]
    elif content == "hole":
        content = whole[:4096] + b"\xff" * (len(whole) - 4096)
    file.write_bytes(content)
    with pytest.raises(
        ValueError, match=r"damaged or no cache.*Delete the file"
    ) as error:
        transform(crystals, folder)
    assert str(file) in str(error.value)
    file.unlink()
    assert transform(crystals, folder) == transform(crystals, None)


def warns_once_and_goes_on(crystals, folder):
    cache = GraphCache(path=folder)
    expected = [transform(crystals, None, k) for k in (4, 8, 12)]
    transformer = StructureGraphTransformer(cache=cache)
    with pytest.warns(UserWarning, match=r"cannot be written.*going on") as caught:
        built = [transformer.set_params(k=k).transform(crystals) for k in (4, 8, 12)]
    assert built == expected
    assert len(caught) == 1
    assert str(folder / "graphs.sqlite") in str(caught[0].message)


def test_folder_that_cannot_be_made(crystals, tmp_path):
    (tmp_path / "file").write_text("in the way")
    warns_once_and_goes_on(crystals, tmp_path / "file" / "cache")
    warns_once_and_goes_on(crystals, tmp_path / "file")


def test_cache_that_can_only_be_read(crystals, folder, calls, monkeypatch):
    connect = sqlite3.connect

    def connect_to_read(file, **options):
        return connect(f"file:{Path(file).as_posix()}?mode=ro", uri=True, **options)

    monkeypatch.setattr(sqlite3, "connect", connect_to_read)
    calls.clear()
    transform(crystals, folder)
    assert calls.total() == 0
    warns_once_and_goes_on(crystals, folder)


def test_table_of_another_program(crystals, tmp_path):
    change(tmp_path, "CREATE TABLE entries (name TEXT, calories REAL)")
    warns_once_and_goes_on(crystals, tmp_path)


@pytest.mark.parametrize("k", [8, 12])
def test_nothing_is_written_without_need(crystals, folder, k):
    transform(crystals, folder, k)
    before = (folder / "graphs.sqlite").read_bytes()
    for rows in (crystals, crystals[:3]):
        transform(rows, folder, k)
    assert (folder / "graphs.sqlite").read_bytes() == before
    assert [path.name for path in folder.iterdir()] == ["graphs.sqlite"]
