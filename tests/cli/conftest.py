"""A few crystals in every form that the commands read."""

import json

import pytest
from pymatgen.core import Lattice, Structure

from sk_knagcn.cli import main


@pytest.fixture(scope="session")
def names(crystals):
    """Of the ten crystals, in the order of their files."""
    return [f"crystal{i}" for i in range(len(crystals))]


@pytest.fixture(scope="session")
def cifs(crystals, names, y, tmp_path_factory):
    """A folder in CGCNN's layout, and beside it a table with a header."""
    folder = tmp_path_factory.mktemp("data") / "cifs"
    folder.mkdir()
    for name, crystal in zip(names, crystals, strict=True):
        crystal.to(str(folder / f"{name}.cif"))
    pairs = list(zip(names, y.tolist(), strict=True))
    lines = [f"{name},{value!r}" for name, value in pairs]
    (folder / "id_prop.csv").write_text("\n".join(lines))
    lines = [f"{name},X,{value!r},{value**2!r}" for name, value in pairs]
    header = "file,formula,volume,square"
    (folder.parent / "table.csv").write_text("\n".join([header, *lines]))
    return folder


@pytest.fixture(scope="session")
def json_lines(crystals, names, y, tmp_path_factory):
    """The same crystals, targets with them; the third line is empty."""
    path = tmp_path_factory.mktemp("lines") / "crystals.jsonl"
    lines = [
        json.dumps({"id": name, "structure": one.as_dict(), "targets": {"volume": v}})
        for name, one, v in zip(names, crystals, y.tolist(), strict=True)
    ]
    lines.insert(2, "")
    path.write_text("\n".join(lines))
    return path


@pytest.fixture(scope="session")
def model(cifs, tmp_path_factory):
    """A network that was trained for a moment."""
    path = tmp_path_factory.mktemp("model") / "volume.safetensors"
    table = cifs.parent / "table.csv"
    what = ["--targets", table, "--target", "volume", "--epochs", "1", "--k", "6"]
    assert main([*map(str, ["train", cifs, *what, "--output", path])]) == 0
    return path


@pytest.fixture
def run(capsys):
    """Run a command in this process; give its exit code, output and remarks."""

    def run(*arguments):
        try:
            code = main([str(one) for one in arguments])
        except SystemExit as stop:  # argparse leaves in this way
            code = stop.code
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


@pytest.fixture
def spoilt(cifs, tmp_path):
    """The folder, and files with no structure, a shared site, and two atoms in one."""
    folder = tmp_path / "spoilt"
    folder.mkdir()
    for path in cifs.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    halves, cubic = [[0, 0, 0], [0.5, 0.5, 0.5]], Lattice.cubic(4.12)
    (folder / "a_broken.cif").write_text("data_nothing")
    mixed = Structure(cubic, [{"Cs": 0.6, "K": 0.4}, "Cl"], halves)
    mixed.to(str(folder / "crystal4_mixed.cif"))
    twice = Structure(cubic, ["Cs", "Cl", "Cl"], [*halves, [0.501, 0.501, 0.501]])
    twice.to(str(folder / "z_twice.cif"))
    return folder
