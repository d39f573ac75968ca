"""Graphs in a folder: what is written comes back, what is damaged is refused."""

import json
import pickle
from pathlib import Path

import numpy as np
import pytest

from sk_knagcn.graphs import CrystalGraphs, StructureGraphTransformer

MODES = [None, "r", "c"]
FILES = {
    "atom_start.npy",
    "coordinates.npy",
    "graphs.json",
    "multiplicity.npy",
    "neighbors.npy",
    "orbits.npy",
    "species.npy",
    "start.npy",
}


@pytest.fixture
def folder(graphs, tmp_path):
    """Graphs in a folder that a test may damage."""
    graphs.save(tmp_path / "graphs")
    return tmp_path / "graphs"


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "rows", [slice(None), slice(None, None, -2), [3], [7, 7, 0], []]
)
@pytest.mark.parametrize("k", [8, 3])
def test_what_is_written_comes_back(graphs, tmp_path, mode, rows, k):
    selected = graphs[rows].with_k(k)
    selected.save(tmp_path / "new" / "graphs")
    opened = CrystalGraphs.open(tmp_path / "new" / "graphs", mmap_mode=mode)
    assert opened == selected
    assert opened.settings == selected.settings
    assert repr(opened) == repr(selected)
    assert opened[::-1] == selected[::-1]
    if len(selected):
        again = opened[:1]
        assert again == selected[:1]
        assert pickle.loads(pickle.dumps(again)) == again


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("frames", ["canonical", "paper"])
def test_settings_and_numbers_come_back_bit_by_bit(structures, tmp_path, dtype, frames):
    transformer = StructureGraphTransformer(
        k=3, dtype=dtype, frames=frames, reduce=False, tie_tolerance=0.013, cache=None
    )
    graphs = transformer.transform(structures)
    graphs.save(str(tmp_path / "graphs"))
    opened = CrystalGraphs.open(str(tmp_path / "graphs"))
    for first, second in zip(opened, graphs, strict=True):
        assert first.settings == second.settings
        for name, array in first.arrays().items():
            original = getattr(second, name)
            assert array.dtype == original.dtype
            assert array.tobytes() == original.tobytes()
    assert transformer.transform(opened) == graphs


def test_format_is_open(folder):
    assert {path.name for path in folder.iterdir()} == FILES
    header = json.loads((folder / "graphs.json").read_text())
    assert header["settings"]["k"] == 8
    for path in folder.glob("*.npy"):
        assert np.load(path, allow_pickle=False).dtype.kind in "if"


@pytest.mark.parametrize("mode", MODES)
def test_arrays_stay_on_disk_when_asked_to(folder, mode):
    opened = CrystalGraphs.open(folder, mmap_mode=mode)
    for array in opened[3].arrays().values():
        assert isinstance(array, np.memmap) == (mode is not None)
        assert array.flags.writeable == (mode != "r")
    before = (folder / "coordinates.npy").read_bytes()
    if mode != "r":
        opened[0].coordinates[...] = 0
    assert (folder / "coordinates.npy").read_bytes() == before


@pytest.mark.parametrize("mode", ["r+", "w+", "readwrite", "x", 3])
def test_modes_that_write_are_refused_and_write_nothing(graphs, folder, mode):
    with pytest.raises(ValueError, match="mmap_mode must be None, 'r' or 'c', got"):
        CrystalGraphs.open(folder, mmap_mode=mode)
    assert CrystalGraphs.open(folder) == graphs


def test_nothing_is_replaced_unasked(graphs, folder, tmp_path):
    with pytest.raises(FileExistsError, match=r"exists already.*overwrite=True"):
        graphs[:2].save(folder)
    assert CrystalGraphs.open(folder) == graphs
    opened = CrystalGraphs.open(folder, mmap_mode="r")
    opened[:2].save(folder, overwrite=True)
    assert CrystalGraphs.open(folder) == graphs[:2]
    graphs.save(tmp_path / "other", overwrite=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["graphs", "other"]


@pytest.mark.parametrize("kind", ["file", "folder", "foreign folder"])
@pytest.mark.parametrize("overwrite", [True, False])
def test_what_is_no_folder_of_graphs_is_never_replaced(
    graphs, tmp_path, kind, overwrite
):
    path = tmp_path / "precious"
    if kind == "file":
        path.write_text("precious")
    else:
        path.mkdir()
        if kind == "foreign folder":
            (path / "thesis.txt").write_text("precious")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(FileExistsError, match="precious"):
        graphs.save(path, overwrite=overwrite)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("place", ["first array", "last array", "header"])
@pytest.mark.parametrize("overwrite", [True, False])
def test_failing_write_leaves_nothing_behind(
    graphs, tmp_path, monkeypatch, place, overwrite
):
    path = tmp_path / "graphs"
    if overwrite:
        graphs[:3].save(path)
    before = sorted(tmp_path.rglob("*"))
    full = OSError(28, "No space left on device")
    save = np.save

    def failing_save(file, array, **options):
        if (place == "first array") or (file.stem == "atom_start"):
            file.write_bytes(b"half of it")
            raise full
        save(file, array, **options)

    def failing_text(file, text):
        raise full

    if place == "header":
        monkeypatch.setattr(Path, "write_text", failing_text)
    else:
        monkeypatch.setattr(np, "save", failing_save)
    with pytest.raises(OSError, match="No space left"):
        graphs.save(path, overwrite=overwrite)
    monkeypatch.undo()
    assert sorted(tmp_path.rglob("*")) == before
    if overwrite:
        assert CrystalGraphs.open(path) == graphs[:3]


def arrays(**replacements):
    """Damage that writes other arrays into the files."""

    def damage(folder):
        for name, change in replacements.items():
            file = folder / f"{name}.npy"
            np.save(file, change(np.load(file)))

    return damage


def header(settings=None, **entries):
    """Damage that writes other entries and settings into the header."""

    def damage(folder):
        file = folder / "graphs.json"
        old = json.loads(file.read_text())
        other = {"settings": old["settings"] | (settings or {})}
        file.write_text(json.dumps(old | other | entries))

    return damage


def content(name, data):
    """Damage that replaces the bytes of a file."""
    return lambda folder: (folder / name).write_bytes(data)


def cut(name, keep):
    """Damage that cuts a file off."""

    def damage(folder):
        file = folder / name
        file.write_bytes(file.read_bytes()[:keep])

    return damage


def boastful(folder):
    """A header that promises far more numbers than there are."""
    with (folder / "species.npy").open("wb") as file:
        np.lib.format.write_array_header_1_0(
            file, {"descr": "<i4", "fortran_order": False, "shape": (10**15,)}
        )


def boundless(folder):
    """A header that promises more numbers than an integer can count."""
    with (folder / "species.npy").open("wb") as file:
        np.lib.format.write_array_header_1_0(
            file, {"descr": "<i4", "fortran_order": False, "shape": (10**30,)}
        )


def archive(folder):
    with (folder / "species.npy").open("wb") as file:
        np.savez(file, species=np.arange(3))


def set_last(value):
    def change(array):
        array.flat[-1] = value
        return array

    return change


def set_second(value):
    def change(array):
        array.flat[1] = value
        return array

    return change


SEEN_AT_ONCE = {
    "no array": lambda folder: (folder / "neighbors.npy").unlink(),
    "folder for a file": lambda folder: (
        (folder / "orbits.npy").unlink(),
        (folder / "orbits.npy").mkdir(),
    ),
    "cut array": cut("coordinates.npy", -5),
    "cut header of an array": cut("coordinates.npy", 20),
    "empty array file": cut("start.npy", 0),
    "no array file": content("species.npy", b"species"),
    "archive": archive,
    "boastful header": boastful,
    "boundless header": boundless,
    "wrong type": arrays(neighbors=lambda a: a.astype(np.int64)),
    "wrong precision": arrays(coordinates=lambda a: a.astype(np.float64)),
    "other byte order": arrays(species=lambda a: a.astype(">i4")),
    "text": arrays(species=lambda a: a.astype(str)),
    "missing axis": arrays(coordinates=lambda a: a[..., 0]),
    "two coordinates": arrays(coordinates=lambda a: a[..., :2]),
    "fewer slots": arrays(neighbors=lambda a: a[:, :7]),
    "one number": arrays(species=lambda a: a[0]),
    "atom too few": arrays(multiplicity=lambda a: a[1:]),
    "orbit too few": arrays(orbits=lambda a: a[1:]),
    "graph too few": arrays(start=lambda a: a[1:]),
    "no offsets": arrays(start=lambda a: a[:0], atom_start=lambda a: a[:0]),
    "negative offset": arrays(start=set_second(-1)),
    "falling offsets": arrays(atom_start=set_second(10**6)),
    "offset too far": arrays(start=set_last(10**9)),
    "first offset": arrays(start=lambda a: a + 1),
    "graph without atoms": arrays(start=set_second(0)),
    "empty header": content("graphs.json", b""),
    "cut header": cut("graphs.json", 40),
    "binary header": content("graphs.json", b"\xff\xfe\x00"),
    "header that is a list": content("graphs.json", b"[]"),
    "bottomless header": content("graphs.json", b"[" * 100_000),
    "header of something else": content("graphs.json", b'{"format": "recipes"}'),
    "no format": content("graphs.json", b'{"version": 1}'),
    "later version": header(version=2),
    "absurd version": header(version=10**99),
    "version in words": header(version="one"),
    "no version": header(version=None),
    "no settings": content(
        "graphs.json", b'{"format": "sk_knagcn graphs", "version": 1}'
    ),
    "unknown setting": header(settings={"colour": "blue"}),
    "other k": header(settings={"k": 7}),
    "k that is no integer": header(settings={"k": 8.0}),
    "k that is nothing": header(settings={"k": None}),
    "type that is none": header(settings={"dtype": "float33"}),
    "other type": header(settings={"dtype": "float64"}),
    "frames that are a number": header(settings={"frames": 1}),
}
SEEN_WHEN_READ = {
    "neighbour beyond the graph": arrays(neighbors=set_last(10**6)),
    "neighbour in the next graph": arrays(neighbors=set_second(2)),
    "neighbour before the first": arrays(neighbors=set_last(-2)),
    "orbit beyond the graph": arrays(orbits=set_last(10**6)),
    "negative orbit": arrays(orbits=set_last(-1)),
}


@pytest.mark.parametrize("damage", SEEN_AT_ONCE.values(), ids=SEEN_AT_ONCE)
@pytest.mark.parametrize("mode", MODES[:2])
def test_damage_is_named(folder, damage, mode):
    damage(folder)
    with pytest.raises(ValueError, match="cannot be read as graphs") as caught:
        CrystalGraphs.open(folder, mmap_mode=mode)
    assert str(folder) in str(caught.value)
    assert "Build and save them again" in str(caught.value)


@pytest.mark.parametrize("damage", SEEN_WHEN_READ.values(), ids=SEEN_WHEN_READ)
def test_damage_inside_the_arrays_is_named(folder, damage):
    damage(folder)
    with pytest.raises(ValueError, match=r"cannot be read.*(neighbour|orbit)") as error:
        CrystalGraphs.open(folder)
    assert str(folder) in str(error.value)


@pytest.mark.parametrize("name", ["nowhere", "graphs/species.npy", "empty"])
def test_folder_that_is_none_is_named(folder, tmp_path, name):
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match="not a folder of graphs") as caught:
        CrystalGraphs.open(tmp_path / name)
    assert name in str(caught.value)


class Trap:
    """Something that writes a file when it is unpickled."""

    def __init__(self, file):
        self.file = file

    def __reduce__(self):
        return Path.touch, (self.file,)


@pytest.mark.parametrize("mode", MODES[:2])
@pytest.mark.parametrize("form", ["array of objects", "pickle"])
@pytest.mark.parametrize("name", ["species", "coordinates", "start"])
def test_no_code_in_the_files_is_run(folder, tmp_path, mode, form, name):
    trap = Trap(tmp_path / "sprung")
    with (folder / f"{name}.npy").open("wb") as file:
        if form == "pickle":
            pickle.dump(trap, file)
        else:
            np.save(file, np.array([trap], dtype=object), allow_pickle=True)
    with pytest.raises(ValueError, match="cannot be read as graphs"):
        CrystalGraphs.open(folder, mmap_mode=mode)
    assert not trap.file.exists()
    # The trap works: it is the reader that does not step into it.
    pickle.loads(pickle.dumps(trap))
    assert trap.file.exists()
