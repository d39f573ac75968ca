"""Folders of CIF files: every file and every line of the table is accounted for."""

import os

import numpy as np
import pandas as pd
import pytest

from benchmarks import cif_folders
from sk_knagcn.datasets import load_cif_folder, make_prototype_crystals


@pytest.fixture(scope="module")
def salts():
    return make_prototype_crystals(12, random_state=0)


@pytest.fixture
def folder(salts, tmp_path):
    for i, salt in enumerate(salts.structures):
        salt.to(str(tmp_path / f"salt{i:02}.cif"))
    return tmp_path


def write(folder, lines, name="id_prop.csv"):
    (folder / name).write_text("\n".join(lines) + "\n")
    return folder / name


def reasons(data):
    return dict(zip(data.refused["name"], data.refused["reason"], strict=True))


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_structures_and_targets_belong_together(folder, salts, n_jobs):
    order = np.random.default_rng(0).permutation(12)
    write(
        folder,
        [
            f"salt{i:02},{salts.target[i]!r}".replace("np.float64(", "").replace(
                ")", ""
            )
            for i in order
        ],
    )
    data = load_cif_folder(folder, n_jobs=n_jobs)
    assert data.names == [f"salt{i:02}" for i in range(12)]
    np.testing.assert_array_equal(data.target, salts.target)
    for structure, salt in zip(data.structures, salts.structures, strict=True):
        assert structure.composition == salt.composition
        assert structure.volume == pytest.approx(salt.volume, rel=1e-6)
    assert data.refused.empty
    X, y = load_cif_folder(folder, return_X_y=True)
    assert X == data.structures
    np.testing.assert_array_equal(y, data.target)


def test_a_header_names_the_targets_and_empty_fields_are_missing(folder):
    lines = [
        "name,gap,bulk modulus",
        *(f"salt{i:02}.cif,{i},{2 * i}" for i in range(11)),
    ]
    data = load_cif_folder(folder, write(folder, [*lines, "salt11,,7"], "y.csv"))
    assert data.target_names == ["gap", "bulk modulus"]
    assert data.target.shape == (12, 2)
    assert np.isnan(data.target[11, 0])
    assert data.target[11, 1] == 7


def test_columns_are_chosen_and_the_others_not_looked_at(folder):
    lines = ["name,formula,gap,note", *(f"salt{i:02},X,{i}," for i in range(12))]
    table = write(folder, lines, "y.csv")
    data = load_cif_folder(folder, table, columns=["gap"])
    assert data.target_names == ["gap"]
    assert data.target.tolist() == list(range(12))
    with pytest.raises(ValueError, match="no value of the target 'formula'"):
        load_cif_folder(folder, table)
    with pytest.raises(ValueError, match="no target 'band'; it has formula, gap, note"):
        load_cif_folder(folder, table, columns=["gap", "band"])
    with pytest.raises(ValueError, match="no table to choose columns from"):
        load_cif_folder(folder, columns=["gap"])


def test_a_table_can_be_left_alone(folder):
    write(folder, ["salt00,1"])
    assert len(load_cif_folder(folder).names) == 1
    data = load_cif_folder(folder, targets=False)
    assert data.target is None
    assert len(data.names) == 12


def test_without_a_table_there_are_no_targets(folder):
    data = load_cif_folder(folder)
    assert data.target is None
    assert len(data.structures) == 12


def test_nothing_is_dropped_without_a_word(folder):
    (folder / "empty.cif").write_text("")
    (folder / "binary.cif").write_bytes(bytes(range(256)))
    good = (folder / "salt00.cif").read_text()
    (folder / "cut.cif").write_text(good[: len(good) // 2])
    (folder / "two.cif").write_text(good + good.replace("data_", "data_other"))
    lines = [f"salt{i:02},{i}" for i in range(9)]
    lines += ["empty,1", "binary,1", "cut,1", "two,1", "nowhere,1", "salt09,tall"]
    lines += ["salt10,1", "salt10,2"]
    write(folder, lines)
    data = load_cif_folder(folder)
    assert data.names == [f"salt{i:02}" for i in range(9)]
    assert data.target.tolist() == list(range(9))
    found = reasons(data)
    assert set(found) == {
        *("empty", "binary", "cut", "two", "nowhere"),
        *("salt09", "salt10", "salt11"),
    }
    for name in ("empty", "binary", "cut", "two"):
        assert found[name].startswith("cannot be read: ")
    assert found["nowhere"] == "has a target but no file"
    assert "no numbers" in found["salt09"]
    assert "twice" in found["salt10"]
    assert "has no target" in found["salt11"]
    assert len(data.refused) == len(found)


WAYS = [*cif_folders.FILES, *cif_folders.PLACES, *cif_folders.LINES]


@pytest.fixture(scope="module")
def broken(tmp_path_factory):
    """A folder in which things are broken in every way, three times each."""
    folder = tmp_path_factory.mktemp("broken")
    wrong = cif_folders.write_folder(folder, 400, 3 * len(WAYS))
    return folder, wrong, load_cif_folder(folder)


def test_what_is_loaded_and_what_is_refused_is_all_there_is(broken):
    folder, wrong, data = broken
    found = reasons(data)
    assert {wrong.get(name, "nothing") for name in found} == set(WAYS)
    assert sorted(found) == sorted(wrong)
    assert len(found) == len(data.refused)
    everything = {path.stem for path in folder.iterdir()} - {"id_prop"} | set(wrong)
    assert {*data.names, *found} == everything
    assert len(data.names) + len(found) == 400
    assert all(reason.strip() for reason in found.values())


def test_order_is_that_of_the_names_and_targets_stay_with_their_files(broken):
    _, _, data = broken
    assert data.names == sorted(data.names)
    volumes = [structure.volume for structure in data.structures]
    np.testing.assert_allclose(data.target, volumes, rtol=1e-6)
    assert len(set(data.target)) == len(data.target) > 300


@pytest.mark.parametrize(
    ("way", "said"),
    [
        ("empty", "cannot be read: "),
        ("another encoding", "has zero bytes"),
        ("NaN", "NaN"),
        ("NaN in the cell", "NaN or infinite"),
        ("an atom twice", "overlapping atoms"),
        ("no such operation", "does not turn its cell into itself"),
        ("atoms too close", "overlapping atoms"),
        ("a folder", "is no file"),
        ("a link to nowhere", "No such file"),
        ("two files of one name", "is the name of 2 files"),
        ("no target", "has no target"),
        ("no file", "has a target but no file"),
        ("twice in the table", "twice"),
    ],
)
def test_reasons_say_what_is_wrong(broken, way, said):
    _, wrong, data = broken
    found = reasons(data)
    assert all(said in found[name] for name, what in wrong.items() if what == way)


def test_split_positions_may_be_near_each_other(folder):
    text = (folder / "salt00.cif").read_text()
    *lines, last = text.rstrip().split("\n")
    fields = last.split()
    near = [*fields[:3], f"{float(fields[3]) + 0.01:.6f}", *fields[4:]]
    halves = [" ".join([*site[:-1], "0.5"]) for site in (fields, near)]
    (folder / "split.cif").write_text("\n".join([*lines, *halves]))
    data = load_cif_folder(folder)
    assert data.refused.empty
    assert not data.structures[data.names.index("split")].is_ordered


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_nobody_waits_for_a_pipe(folder):
    os.mkfifo(folder / "pipe.cif")
    assert reasons(load_cif_folder(folder)) == {"pipe": "cannot be read: it is no file"}


def test_errors_say_what_is_missing(tmp_path):
    with pytest.raises(NotADirectoryError, match="not a folder"):
        load_cif_folder(tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError, match=r"no files named \*\.cif"):
        load_cif_folder(tmp_path)
    (tmp_path / "bad.cif").write_text("nothing")
    with pytest.raises(ValueError, match="The first of 1 reasons: bad cannot be read"):
        load_cif_folder(tmp_path)
    with pytest.raises(ValueError, match="a column of names and one of targets"):
        load_cif_folder(tmp_path, write(tmp_path, ["bad"], "y.csv"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "utf-16"])
def test_names_in_any_common_encoding_do_no_harm(folder, salts, encoding):
    path = folder / "salt00.cif"
    path.write_bytes(f"# Müller, in Å at 20 °C\n{path.read_text()}".encode(encoding))
    data = load_cif_folder(folder)
    assert data.refused.empty
    assert data.structures[0].composition == salts.structures[0].composition


def test_a_target_in_words_is_a_class(folder, tmp_path):
    names = sorted(path.stem for path in folder.glob("*.cif"))
    kinds = ["insulator", "metal"] * 6
    words = [f"{name},{kind}" for name, kind in zip(names, kinds, strict=True)]
    table = tmp_path / "words.csv"
    table.write_text("\n".join([*words[:-1], f"{names[-1]},"]))  # no header
    y = load_cif_folder(folder, table).target
    assert y[:2].tolist() == ["insulator", "metal"]
    assert y[-1] is None
    table.write_text("\n".join(f"{name},{i % 3}" for i, name in enumerate(names)))
    assert load_cif_folder(folder, table).target.dtype == float
    y = load_cif_folder(folder, table, classes=True).target
    assert y[:4].tolist() == [0, 1, 2, 0]
    assert y.dtype.kind == "i"
    table.write_text("\n".join(words))
    with pytest.raises(ValueError, match="is a number"):
        load_cif_folder(folder, table, classes=False)


def test_among_words_a_number_keeps_its_digits(folder, tmp_path):
    names = sorted(path.stem for path in folder.glob("*.cif"))
    table = tmp_path / "names.csv"
    kinds = ["1", "a", "1.0"] * 4
    table.write_text("\n".join(f"{n},{k}" for n, k in zip(names, kinds, strict=True)))
    assert load_cif_folder(folder, table, classes=True).target.tolist() == kinds


@pytest.mark.parametrize("kinds", [["01", "1", "2"], ["9007199254740992", "1", "2"]])
def test_digits_that_a_number_would_lose_are_words(folder, tmp_path, kinds):
    names = sorted(path.stem for path in folder.glob("*.cif"))
    table = tmp_path / "numbers.csv"
    lines = [f"{n},{k}" for n, k in zip(names, kinds * 4, strict=True)]
    table.write_text("\n".join(lines))
    assert load_cif_folder(folder, table, classes=True).target.tolist() == kinds * 4
    assert load_cif_folder(folder, table).target.dtype.kind == "f"


def test_two_targets_in_words_are_both_named(folder, tmp_path):
    names = sorted(path.stem for path in folder.glob("*.cif"))
    table = tmp_path / "two.csv"
    table.write_text("\n".join(["id,kind,group", *(f"{n},a,b" for n in names)]))
    with pytest.raises(ValueError, match=r"targets 'kind', 'group'.*A class is learnt"):
        load_cif_folder(folder, table)


def test_nan_in_words_is_a_class_that_is_missing(folder):
    lines = ["salt00,nan", "salt01,metal", "salt02,insulator", "salt03,"]
    write(folder, ["file,kind", *lines], "kinds.csv")
    data = load_cif_folder(folder, folder / "kinds.csv")
    known = dict(zip(data.names, data.target.tolist(), strict=True))
    kinds = [None, "metal", "insulator", None]
    assert known == {f"salt0{i}": kind for i, kind in enumerate(kinds)}
    one = load_cif_folder(folder, folder / "kinds.csv", columns="kind")
    assert one.target.tolist() == data.target.tolist()


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_a_table_in_another_encoding_is_named(folder, encoding):
    table = folder / "y.csv"
    table.write_bytes("name,Härte\nsalt00,1\n".encode(encoding))
    with pytest.raises(ValueError, match=r"y\.csv is no table .* in UTF-8"):
        load_cif_folder(folder, table)


def test_two_columns_of_one_name_are_refused(folder):
    lines = ["name,gap,gap,U", *(f"salt{i:02},{i},{-i},0" for i in range(12))]
    table = write(folder, lines, "y.csv")
    for columns in (None, ["gap"]):
        with pytest.raises(ValueError, match="more than one column 'gap'"):
            load_cif_folder(folder, table, columns=columns)
    assert len(load_cif_folder(folder, table, columns=["U"]).target) == 12


def test_what_python_reads_as_a_number_may_be_a_word(folder):
    write(folder, ["name,axis", *(f"salt{i:02},4_{i % 3}" for i in range(12))])
    assert load_cif_folder(folder).target.tolist() == [f"4_{i % 3}" for i in range(12)]


def test_the_first_line_of_a_file_that_is_not_there_is_no_header(folder):
    lines = [f"salt{i:02},{'metal' if i % 2 else 'other'}" for i in range(12)]
    write(folder, ["gone,metal", *lines])
    data = load_cif_folder(folder)
    assert data.target_names == ["target0"]
    assert reasons(data) == {"gone": "has a target but no file"}


def test_a_column_may_be_called_as_a_class_in_it(folder):
    lines = [f"salt{i:02},{'metal' if i % 2 else 'other'}" for i in range(12)]
    write(folder, ["compound,metal", *lines])
    data = load_cif_folder(folder)
    assert data.target_names == ["metal"]
    assert data.refused.empty


@pytest.mark.parametrize("columns", [None, "400"])
def test_numbers_may_be_names_of_columns(folder, columns):
    write(folder, ["id,300,400", *(f"salt{i:02},{i},{-i}" for i in range(12))])
    data = load_cif_folder(folder, columns=columns)
    assert data.target_names == (["300", "400"] if columns is None else ["400"])
    assert data.refused.empty
    assert data.target[3].tolist() == ([3, -3] if columns is None else -3)


@pytest.mark.parametrize("header", [[], ["name,e,,"]])
def test_columns_of_nothing_are_no_targets(folder, header):
    write(folder, [*header, *(f"salt{i:02},{i},," for i in range(12))])
    data = load_cif_folder(folder)
    assert data.target.tolist() == list(range(12))
    assert len(data.target_names) == 1


def test_names_as_they_are_written_by_the_package_are_found(folder):
    (folder / "salt03.cif").rename(folder / "salt03.cif.cif")
    (folder / "salt04.cif").rename(folder / "salt04 .cif")
    names = load_cif_folder(folder, targets=False).names
    write(folder, [f"{name},{i}" for i, name in enumerate(names)])
    data = load_cif_folder(folder)
    assert data.refused.empty
    assert data.target.tolist() == list(range(12))


@pytest.mark.parametrize("separator", [";", "\t"])
def test_other_separators_are_told(folder, separator):
    write(folder, [f"salt{i:02}{separator}{i}" for i in range(12)])
    with pytest.raises(ValueError, match=r"separated by commas\. Its first line is"):
        load_cif_folder(folder)


def test_a_table_is_the_path_of_one(tmp_path):
    (tmp_path / "a.cif").write_text("")
    for table in (pd.DataFrame({"file": ["a"], "gap": [1.0]}), {"a": 1.0}):
        with pytest.raises(TypeError, match="path of a table, got a "):
            load_cif_folder(tmp_path, table)


@pytest.mark.parametrize("columns", [[], ["gap", "gap"]])
def test_columns_are_named_once(tmp_path, columns):
    (tmp_path / "a.cif").write_text("")
    (tmp_path / "t.csv").write_text("file,gap\na,1\n")
    with pytest.raises(ValueError, match=r"names no target|must name different"):
        load_cif_folder(tmp_path, tmp_path / "t.csv", columns=columns)


def test_an_index_before_the_names_is_told(tmp_path):
    (tmp_path / "a.cif").write_text("")
    table = pd.DataFrame({"file": ["a"], "gap": [1.0]})
    table.to_csv(tmp_path / "t.csv")
    with pytest.raises(ValueError, match=r"'file' of .* has the names .* Put it"):
        load_cif_folder(tmp_path, tmp_path / "t.csv")
