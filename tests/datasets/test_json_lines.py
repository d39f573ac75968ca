"""Files of JSON lines: every line is accounted for, and no code in them is run."""

import gzip
import json

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from sk_knagcn import check_structures
from sk_knagcn.datasets import load_json_lines, make_prototype_crystals


@pytest.fixture(scope="module")
def salts():
    return make_prototype_crystals(150, random_state=0)


def plain(structure):
    return {
        "lattice": structure.lattice.matrix.tolist(),
        "species": [site.species_string for site in structure],
        "frac_coords": structure.frac_coords.tolist(),
    }


def write(path, entries):
    text = "\n".join(
        one if isinstance(one, str) else json.dumps(one) for one in entries
    )
    path.write_bytes(gzip.compress(text.encode()))
    return path


def reasons(data):
    return dict(zip(data.refused["line"], data.refused["reason"], strict=True))


@pytest.mark.parametrize("n_jobs", [None, 2])
@pytest.mark.parametrize("form", [plain, Structure.as_dict])
def test_structures_and_targets_come_back_in_order(salts, tmp_path, n_jobs, form):
    entries = [
        {"id": i, "structure": form(one), "targets": {"energy": y}, "fold": i % 5}
        for i, (one, y) in enumerate(zip(salts.structures, salts.target, strict=True))
    ]
    data = load_json_lines(write(tmp_path / "salts.gz", entries), n_jobs=n_jobs)
    assert data.structures == salts.structures
    np.testing.assert_array_equal(data.target, salts.target)
    assert data.target_names == ["energy"]
    assert data.names == [str(i) for i in range(150)]
    assert data.others == [{"fold": i % 5} for i in range(150)]
    assert data.refused.empty


def test_plain_text_is_read_like_gzip(salts, tmp_path):
    lines = [json.dumps({"structure": plain(one)}) for one in salts.structures[:3]]
    (tmp_path / "plain").write_text("\n\n".join(lines) + "\n\n")
    data = load_json_lines(tmp_path / "plain")
    assert data.structures == salts.structures[:3]
    assert data.names == ["line 1", "line 3", "line 5"]
    assert data.lines.tolist() == [1, 3, 5]
    assert data.target is None


def test_targets_by_name(salts, tmp_path):
    cell = plain(salts.structures[0])
    targets = [{"a": 1, "b": 2.5}, {"b": None, "c": True}, {"a": float("nan")}, {}]
    path = write(tmp_path / "x", [{"structure": cell, "targets": t} for t in targets])
    nan = np.nan
    data = load_json_lines(path)
    assert data.target_names == ["a", "b", "c"]
    np.testing.assert_array_equal(
        data.target, [[1, 2.5, nan], [nan, nan, 1], [nan] * 3, [nan] * 3]
    )
    data = load_json_lines(path, targets=["c", "a"])
    np.testing.assert_array_equal(
        data.target, [[nan, 1], [1, nan], [nan, nan], [nan, nan]]
    )
    X, y = load_json_lines(path, targets="a", return_X_y=True)
    assert len(X) == 4
    np.testing.assert_array_equal(y, [1, nan, nan, nan])
    assert load_json_lines(path, targets=["a"]).target.shape == (4, 1)
    with pytest.raises(ValueError, match=r"no line of .* has a target \['d'\]"):
        load_json_lines(path, targets=["a", "d"])


def test_pymatgens_charges_shares_and_axes(tmp_path):
    mixed = Structure(
        Lattice.cubic(4, pbc=(True, True, False)),
        [{"Li+": 0.5, "Na+": 0.25}, "Fe3+", "Fe3+"],
        [[0, 0, 0], [0.5, 0.5, 0.5], [0.1, 0.2, 1.3]],
        site_properties={"magmom": [0, 1, 2]},
    )
    path = write(tmp_path / "x", [{"structure": mixed.as_dict()}])
    (read,) = load_json_lines(path).structures
    assert read.lattice == mixed.lattice
    assert read.lattice.pbc == (True, True, False)
    assert read[0].species.as_dict() == {"Li": 0.5, "Na": 0.25}
    assert [site.species_string for site in read[1:]] == ["Fe", "Fe"]
    np.testing.assert_array_equal(read.frac_coords, mixed.frac_coords)
    check_structures([read], on_disorder="majority")


def test_an_element_with_two_charges_on_one_site_is_there_once(tmp_path):
    spinel = Structure(
        Lattice.cubic(4),
        [{"Fe2+": 0.3, "Fe3+": 0.3, "Co2+": 0.4}, {"Fe2+": 0.3, "Fe3+": 0.7}],
        [[0, 0, 0], [0.5, 0.5, 0.5]],
    )
    path = write(tmp_path / "x", [{"structure": spinel.as_dict()}])
    (read,) = load_json_lines(path).structures
    assert read[0].species.as_dict() == pytest.approx({"Fe": 0.6, "Co": 0.4})
    assert read[1].species_string == "Fe"


def test_no_code_that_a_file_names_is_run(salts, tmp_path):
    """pymatgen's own decoder would import the module and call its class."""
    entry = salts.structures[0].as_dict()
    (tmp_path / "evil.py").write_text("raise SystemExit('it was run')")
    for site in entry["sites"]:
        site["properties"] = {"x": {"@module": "evil", "@class": "Evil"}}
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(tmp_path)
        with pytest.raises(SystemExit):
            Structure.from_dict(entry)
        path = write(tmp_path / "x", [{"structure": entry}])
        assert load_json_lines(path).structures == [salts.structures[0]]


BAD = {
    "is no JSON": '{"id": "cut off',
    "is no object": "[1, 2]",
    "has no structure": {"id": "a"},
    'without a "lattice"': {"structure": {"lattice": None}},
    'without a list of "species"': {"structure": {"species": "Fe"}},
    "'Qq', which is no element": {"structure": {"species": ["Qq"]}},
    "None, which is no element": {"structure": {"species": [None]}},
    'without a "frac_coords" of (1, 3)': {"structure": {"frac_coords": [[0, 0]]}},
    'infinite numbers in its "frac_coords"': {
        "structure": {"frac_coords": [[0, float("nan"), 0]]}
    },
    "flat lattice": {"structure": {"lattice": [[1, 0, 0], [2, 0, 0], [0, 0, 1]]}},
    "has no sites": {"structure": {"species": [], "frac_coords": []}},
    "sites unlike those of pymatgen": {"structure": {"sites": [{"label": "Fe"}]}},
    "impossible shares: {'Fe': 0.75, 'Ni': 0.5}": {
        "structure": {
            "sites": [
                {
                    "species": [
                        {"element": "Fe", "occu": 0.75},
                        {"element": "Ni", "occu": 0.5},
                    ],
                    "abc": [0, 0, 0],
                }
            ]
        }
    },
    "['Fe'], which is no element": {"structure": {"species": [["Fe"]]}},
    "'Fe ', which is no element": {"structure": {"species": ["Fe "]}},
    "impossible shares: {'Fe': nan}": {
        "structure": {
            "sites": [
                {"species": [{"element": "Fe", "occu": float("nan")}], "abc": [0, 0, 0]}
            ]
        }
    },
    "no numbers: {'gap': 'wide'}": {"structure": {}, "targets": {"gap": "wide"}},
    "no numbers: {'gap': inf}": {"structure": {}, "targets": {"gap": float("inf")}},
    "no object in braces, name to number": {"structure": {}, "targets": 3},
}


def test_every_bad_line_is_listed(tmp_path):
    iron = plain(Structure(Lattice.cubic(2.5), ["Fe"], [[0, 0, 0]]))
    entries = []
    for entry in BAD.values():
        if isinstance(entry, dict) and "structure" in entry:
            entry = entry | {"structure": iron | entry["structure"]}
        entries.append(entry)
    good = {"structure": iron, "targets": {"gap": 0.5}}
    path = write(tmp_path / "x", [good, *entries, good])
    data = load_json_lines(path)
    assert len(data.structures) == 2
    assert list(reasons(data)) == list(range(2, len(BAD) + 2))
    for expected, reason in zip(BAD, reasons(data).values(), strict=True):
        assert expected in reason
    with pytest.raises(ValueError, match=r"reasons: line 1 \(line 1\) is no JSON"):
        load_json_lines(write(tmp_path / "y", entries[:1]))
    with pytest.raises(ValueError, match=r"no value of the target 'gap' of .* is a"):
        load_json_lines(write(tmp_path / "z", entries), classes=False)


def test_a_file_that_cannot_be_read_says_why(salts, tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no file"):
        load_json_lines(tmp_path / "nowhere")
    (tmp_path / "empty").write_text("\n\n")
    with pytest.raises(ValueError, match="It is empty"):
        load_json_lines(tmp_path / "empty")
    entries = [{"structure": plain(one)} for one in salts.structures]
    whole = write(tmp_path / "whole", entries).read_bytes()
    (tmp_path / "cut").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match=r"damaged after line [1-9]\d*: .* anew"):
        load_json_lines(tmp_path / "cut")
    turned = bytearray(whole)
    turned[len(turned) // 2] ^= 255
    (tmp_path / "turned").write_bytes(turned)
    with pytest.raises(ValueError, match="damaged after line"):
        load_json_lines(tmp_path / "turned")


def test_a_number_and_a_word_are_not_learnt_together(salts, tmp_path):
    targets = [{"gap": 0.5, "system": word} for word in ("cubic", "trigonal")]
    cell = plain(salts.structures[0])
    path = write(tmp_path / "x", [{"structure": cell, "targets": t} for t in targets])
    with pytest.raises(ValueError, match=r"'system' of .* Choose the targets with"):
        load_json_lines(path)
    assert load_json_lines(path, targets="gap").target.tolist() == [0.5, 0.5]
    with pytest.raises(
        ValueError, match="targets must name different targets, got gap"
    ):
        load_json_lines(path, targets=["gap", "gap"])


def test_words_and_booleans_are_classes(salts, tmp_path):
    cell = plain(salts.structures[0])

    def load(values, **how):
        entries = [{"structure": cell, "targets": {"kind": one}} for one in values]
        return load_json_lines(write(tmp_path / "x", entries), **how)

    assert load(["a", "b", None]).target.tolist() == ["a", "b", None]
    assert load([True, False]).target.dtype == bool
    assert load([True, False], classes=False).target.dtype == float
    assert load([0, 1]).target.dtype == float
    assert load([0, 1], classes=True).target.dtype.kind == "i"
    with pytest.raises(ValueError, match=r"not whole, such as 0\.5"):
        load([0.5, 1], classes=True)


def test_numbers_that_are_none(salts, tmp_path):
    huge = "1" + 400 * "0"
    written = [json.dumps(plain(one)) for one in salts.structures[:4]]
    values = ["1.5", "NaN", huge, "-" + huge]
    lines = [
        f'{{"id": null, "structure": {one}, "targets": {{"gap": {value}}}}}'
        for one, value in zip(written, values, strict=True)
    ]
    data = load_json_lines(write(tmp_path / "some", lines))
    np.testing.assert_array_equal(data.target, [1.5, np.nan])
    assert data.names == ["line 1", "line 2"]
    assert list(reasons(data)) == [3, 4]
    words = [line.replace("1.5", '"metal"') for line in lines[:2]]
    data = load_json_lines(write(tmp_path / "words", words))
    assert data.target.tolist() == ["metal", None]
