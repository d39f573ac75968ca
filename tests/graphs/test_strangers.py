"""Graphs from strangers: indices, numbers and headers that would lead astray."""

import json
import os
import sqlite3
from contextlib import closing
from dataclasses import replace
from hashlib import blake2b

import numpy as np
import pytest

from sk_knagcn import GraphCache, StructureGraphTransformer
from sk_knagcn.geometry.neighbors import Neighbors
from sk_knagcn.graphs import CrystalGraphs
from sk_knagcn.graphs.checks import check_graph, check_neighbors
from sk_knagcn.graphs.database import take_apart
from sk_knagcn.storage.database import pack, unpack

CHANGES = {
    "element 0": ("species", 0, "of no element"),
    "element 119": ("species", 119, "of no element"),
    "negative element": ("species", -5, "of no element"),
    "next graph": ("neighbors", 1_000, "neighbour is not there"),
    "before the first": ("neighbors", -2, "neighbour is not there"),
    "no number": ("coordinates", np.nan, "NaN or infinite"),
    "no end": ("coordinates", -np.inf, "NaN or infinite"),
    "not there at all": ("multiplicity", 0, "do not add up"),
    "fewer than none": ("multiplicity", -4, "do not add up"),
    "a crowd": ("multiplicity", 10**9, "do not add up"),
    "another atom": ("orbits", 10**6, "orbit is not there"),
    "orbit -1": ("orbits", -1, "orbit is not there"),
}


@pytest.fixture
def folder(graphs, tmp_path):
    graphs.save(tmp_path / "graphs")
    return tmp_path / "graphs"


def change(folder, name, value):
    array = np.load(folder / f"{name}.npy")
    array.flat[0] = value
    np.save(folder / f"{name}.npy", array)


@pytest.mark.parametrize(("name", "value", "message"), CHANGES.values(), ids=CHANGES)
def test_what_is_read_at_once_is_checked_at_once(folder, name, value, message):
    change(folder, name, value)
    with pytest.raises(ValueError, match=message) as caught:
        CrystalGraphs.open(folder)
    assert str(folder) in str(caught.value)


@pytest.mark.parametrize("mode", ["r", "c"])
@pytest.mark.parametrize(("name", "value", "message"), CHANGES.values(), ids=CHANGES)
def test_what_stays_on_disk_is_checked_when_used(folder, mode, name, value, message):
    change(folder, name, value)
    graphs = CrystalGraphs.open(folder, mmap_mode=mode)
    for use in (
        lambda: graphs[0],
        lambda: list(graphs),
        lambda: graphs[[2, 0]].padded(),
        lambda: graphs.flat(),
        lambda: graphs.save(folder.with_name("copy")),
    ):
        with pytest.raises(ValueError, match=message):
            use()
    assert graphs[1:].padded()["mask"].any()  # the others are sound


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
@pytest.mark.parametrize("mode", [None, "r"])
def test_a_pipe_in_the_folder_is_not_waited_for(folder, mode):
    (folder / "species.npy").unlink()
    os.mkfifo(folder / "species.npy")
    with pytest.raises(ValueError, match=r"species\.npy is not there"):
        CrystalGraphs.open(folder, mmap_mode=mode)


def test_a_header_without_end_is_not_read(folder):
    with (folder / "graphs.json").open("wb") as file:
        file.truncate(2**30)  # takes no room on disk
    with pytest.raises(ValueError, match="larger than"):
        CrystalGraphs.open(folder)


@pytest.mark.parametrize("name", ["../outside", "/etc/passwd", "species/../../outside"])
def test_names_in_the_header_open_no_files(folder, name):
    file = folder / "graphs.json"
    header = json.loads(file.read_text())
    file.write_text(json.dumps(header | {"descriptors": [name]}))
    with pytest.raises(ValueError, match="cannot be read as graphs"):
        CrystalGraphs.open(folder)  # names of columns are no names of files


# -- caches ----------------------------------------------------------------------------


@pytest.fixture
def cache(structures, tmp_path):
    """A folder with the graphs and neighbour lists of all structures."""
    built = StructureGraphTransformer(k=8, cache=GraphCache(path=tmp_path))
    built.transform(structures)
    return tmp_path


def rewrite(cache, alter):
    """Change every entry, with a sum that is right again."""
    database = closing(sqlite3.connect(cache / "graphs.sqlite"))
    with database as connection, connection:
        rows = connection.execute("SELECT key, value FROM entries").fetchall()
        for key, value in rows:
            header, arrays = unpack(value)
            changed = pack(*alter(header, {n: a.copy() for n, a in arrays.items()}))
            connection.execute(
                "UPDATE entries SET value = ? WHERE key = ?", (changed, key)
            )


def put(value, *names):
    def alter(header, arrays):
        for name in names:
            if name in arrays and arrays[name].size:
                arrays[name].flat[-1] = value
        return header, arrays

    return alter


def shapes(header, arrays):
    return header, {name: array[:-1] for name, array in arrays.items()}


def types(header, arrays):
    return header, {n: a.astype(np.float64) for n, a in arrays.items()}


def settings(header, arrays):
    if "settings" in header:
        header["settings"]["k"] = "8"
    return {"k": 8.5} | header, arrays


def other_names(header, arrays):
    return header, {f"{name}_": array for name, array in arrays.items()}


FORGERIES = {
    "index out of range": put(10**6, "index", "neighbors"),
    "negative index": put(-7, "index", "neighbors", "orbits"),
    "offsets out of range": put(10**9, "start", "orbits"),
    "elements": put(500, "species", "index"),
    "NaN": put(np.nan, "coordinates"),
    "shapes": shapes,
    "types": types,
    "settings": settings,
    "names": other_names,
}


@pytest.mark.parametrize("alter", FORGERIES.values(), ids=FORGERIES)
@pytest.mark.parametrize("k", [8, 12])
def test_a_forged_cache_never_reaches_the_kernels(cache, structures, alter, k):
    """Kernels follow indices without looking: a wrong one would read anywhere."""
    rewrite(cache, alter)
    transformer = StructureGraphTransformer(k=k, cache=GraphCache(path=cache))
    expected = StructureGraphTransformer(k=k, cache=None).transform(structures)
    found = transformer.transform(structures)
    if alter is FORGERIES["NaN"] and k == 12:  # lists hold no coordinates
        assert found == expected
    assert np.isfinite(found.padded()["coordinates"]).all()
    assert found == expected


def test_entries_of_another_crystal_are_not_taken(cache, structures):
    """A cache that hands out the graph of another structure under a key."""
    with closing(sqlite3.connect(cache / "graphs.sqlite")) as connection, connection:
        rows = connection.execute(
            "SELECT key, value FROM entries ORDER BY length(value)"
        ).fetchall()
        values = [value for _, value in rows]
        for (key, _), value in zip(rows, values[::-1], strict=True):
            connection.execute(
                "UPDATE entries SET value = ? WHERE key = ?", (value, key)
            )
    transformer = StructureGraphTransformer(k=8, cache=GraphCache(path=cache))
    sizes = [len(structure) for structure in structures]
    assert transformer.transform(structures).n_atoms.tolist() == sizes


@pytest.mark.parametrize(
    "schema",
    [
        "CREATE VIEW entries AS SELECT 1 AS key, 1 AS reach, randomblob(9) AS value",
        "CREATE TABLE entries (key BLOB PRIMARY KEY, reach INTEGER, "
        "value BLOB GENERATED ALWAYS AS (zeroblob(900000000)))",
        "CREATE TABLE entries (key BLOB PRIMARY KEY, reach INTEGER, value BLOB);"
        "CREATE TRIGGER t AFTER INSERT ON entries BEGIN DELETE FROM entries; END",
        "CREATE TABLE meals (name TEXT)",
    ],
    ids=["view", "computed column", "trigger", "another table"],
)
def test_a_database_that_does_more_than_hold_values_is_left_alone(
    tmp_path, structures, schema
):
    file = tmp_path / "graphs.sqlite"
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.executescript(schema)
    before = file.read_bytes()
    transformer = StructureGraphTransformer(k=8, cache=GraphCache(path=tmp_path))
    expected = StructureGraphTransformer(k=8, cache=None).transform(structures)
    with pytest.warns(UserWarning, match="not a cache of this package.*going on"):
        assert transformer.transform(structures) == expected
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    "described",
    [
        [["a", "|O", [1]]],
        [["a", "<f8", [-1]]],
        [["a", "<f8", [10**18, 10**18]]],
        [["a", "<f8", [2, "2"]]],
        [["a", "V8", [1]]],
        [["a", "nonsense", [1]]],
        [["a", "<f8"]],
        {"a": 1},
        None,
    ],
)
def test_absurd_descriptions_of_arrays_are_not_followed(described):
    text = json.dumps({"arrays": described}).encode()
    body = len(text).to_bytes(4, "little") + text + bytes(64)
    assert unpack(blake2b(body, digest_size=8).digest() + body) is None


def test_what_the_package_makes_passes(graphs):
    for graph in graphs:
        check_graph(graph)
        header, arrays = take_apart(graph)
        found, again = unpack(pack(header, arrays))
        assert found == header
        assert all((again[name] == array).all() for name, array in arrays.items())


def test_neighbour_lists_are_looked_at():
    start, index = np.array([0, 1, 2]), np.array([1, 0], dtype=np.int32)
    rows = Neighbors(start, index, np.zeros((2, 3), dtype=np.int16), 1)
    check_neighbors(rows)
    for changes in (
        {"start": start[::-1].copy()},
        {"start": np.array([0, 2, 2, 2])[:2]},
        {"start": np.array([0, 3, 2])},
        {"index": index + 5},
        {"index": index.astype(np.int64)},
        {"image": np.zeros((2, 2), dtype=np.int16)},
        {"k": 1.0},
    ):
        with pytest.raises(ValueError, match=r"."):
            check_neighbors(replace(rows, **changes))
