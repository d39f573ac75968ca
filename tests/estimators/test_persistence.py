"""Models as files: the same model again, or a clear error, and never any code."""

import json
import os
import pickle
import random

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from sk_knagcn import KNAGCNClassifier, KNAGCNRegressor, load_model, save_model
from sk_knagcn.estimators import networks, persistence
from tests.estimators.tiny import CLASSIFIERS, REGRESSORS, tiny


@pytest.fixture
def edited(file):
    """The file with a card that was changed, by somebody who knows the digest."""

    def edit(change, tensors=None):
        with safe_open(file, framework="pt") as opened:
            kept = {name: opened.get_tensor(name) for name in opened.keys()}
            card = json.loads(opened.metadata()["card"])
        kept |= tensors or {}
        card = change(card) or card
        text = json.dumps(card)
        digest = persistence._digest(text, kept)
        save_file(kept, file, {"card": text, "digest": digest})
        return file

    return edit


def again(model, folder):
    save_model(model, folder / "model.safetensors")
    return load_model(folder / "model.safetensors")


def assert_same(first, second, X):
    assert type(first) is type(second)
    np.testing.assert_array_equal(first.predict(X), second.predict(X))
    np.testing.assert_array_equal(first.transform(X), second.transform(X))
    if hasattr(first, "predict_proba"):
        np.testing.assert_array_equal(first.predict_proba(X), second.predict_proba(X))


@pytest.mark.parametrize(("cls", "changes"), [*REGRESSORS, *CLASSIFIERS], ids=str)
def test_every_estimator_comes_back_bit_by_bit(cls, changes, graphs, y, tmp_path):
    model = tiny(cls, **changes, averaging=0.9, dropout=0.1).fit(graphs, y > 15)
    assert_same(again(model, tmp_path), model, graphs)


@pytest.mark.parametrize("readout", [None, "mean", "sum", "max", "attention"])
@pytest.mark.parametrize("embedding", ["mixed", "physical", "learned", "atom2vec"])
def test_every_network_comes_back_bit_by_bit(
    embedding, readout, crystals, graphs, y, tmp_path
):
    model = tiny(embedding=embedding, readout=readout, radial="exponential")
    copy = again(model.fit(graphs, y), tmp_path)
    assert_same(copy, model, graphs)
    assert_same(copy, model, crystals)  # graphs are built with the same settings


@pytest.mark.parametrize(
    "y",
    [
        np.tile(["salt", "metal"], 5),
        np.tile(np.array(["salt", "metal"], dtype=object), 5),
        np.tile([True, False], 5),
        np.tile([3, 1, 2, 2, 7], 2),
        np.tile([0.0, 1.0], 5),
    ],
    ids=["words", "objects", "booleans", "integers", "floats"],
)
def test_classes_keep_their_type(graphs, y, tmp_path):
    model = tiny(KNAGCNClassifier).fit(graphs, y)
    copy = again(model, tmp_path)
    assert copy.classes_.dtype == model.classes_.dtype
    assert_same(copy, model, graphs)


def test_several_targets_come_back(graphs, y, tmp_path):
    model = tiny(readout="sum").fit(graphs, np.column_stack([y, y**2]))
    copy = again(model, tmp_path)
    assert_same(copy, model, graphs)
    first, second = (m.atom_contributions(graphs) for m in (copy, model))
    assert all(map(np.array_equal, first, second))


def test_parameters_history_and_settings_come_back(model, graphs, y, tmp_path):
    copy = again(model, tmp_path)
    left_out = {"device": "auto", "random_state": None}
    assert copy.get_params() == {**model.get_params(), **left_out, "head": [8]}
    assert copy.history_.equals(model.history_)
    assert copy.graph_settings_ == model.graph_settings_
    with pytest.raises(ValueError, match="trained on graphs made with"):
        copy.predict(graphs.with_k(5))


@pytest.mark.parametrize("cls", [KNAGCNRegressor, KNAGCNClassifier])
def test_a_loaded_model_can_go_on(cls, graphs, y, tmp_path):
    model = tiny(cls, warm_start=True).fit(graphs, y > 15)
    copy = again(model, tmp_path)
    copy.partial_fit(graphs, y > 15)
    assert len(copy.history_) == 3
    copy.set_params(random_state=0).fit(graphs, y > 15)
    assert len(copy.history_) == 5
    save_model(copy, tmp_path / "second.safetensors")
    assert_same(load_model(tmp_path / "second.safetensors"), copy, graphs)
    assert_same(pickle.loads(pickle.dumps(copy)), copy, graphs)


@pytest.mark.parametrize(
    "changes",
    [
        {"n_layers": np.int64(2), "width": np.int32(8), "batch_size": np.int64(4)},
        {"lr": np.float32(0.01), "dropout": np.float64(0.1)},
        {"head": np.array([4, 4])},
        {"k": np.int64(4)},
        {"early_stopping": np.True_, "validation_fraction": 0.3},
    ],
    ids=str,
)
def test_parameters_from_a_search_can_be_saved(graphs, y, tmp_path, changes):
    # Grids made by numpy hold numpy's numbers, which JSON does not know.
    model = tiny(**changes).fit(graphs, y)
    assert_same(again(model, tmp_path), model, graphs)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_model(tmp_path / "nothing")


# -- damage ----------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 8, 100, 2000, -1])
def test_a_truncated_file_is_named(file, size):
    file.write_bytes(file.read_bytes()[:size])
    with pytest.raises(ValueError, match=file.name):
        load_model(file)


def test_every_flipped_bit_is_found(file):
    data = file.read_bytes()
    rng = random.Random(0)
    header = 8 + int.from_bytes(data[:8], "little")
    places = [*range(8), *rng.sample(range(8, header), 150)]
    places += rng.sample(range(header, len(data)), 50)
    for place in places:
        damaged = bytearray(data)
        damaged[place] ^= 1 << rng.randrange(8)
        file.write_bytes(damaged)
        with pytest.raises(ValueError, match=file.name):
            load_model(file)


class Evil:
    def __reduce__(self):
        return (os.mkdir, (os.environ["EVIL"],))


@pytest.mark.parametrize("writer", ["pickle", "torch", "text", "empty tensors", "npy"])
def test_a_foreign_file_is_refused_and_runs_no_code(file, writer, monkeypatch):
    trap = file.parent / "was-here"
    monkeypatch.setenv("EVIL", str(trap))
    if writer == "pickle":
        file.write_bytes(pickle.dumps(Evil()))
    elif writer == "torch":
        torch.save({"model": Evil()}, file)
    elif writer == "text":
        file.write_text("Na Cl " * 1000)
    elif writer == "npy":
        with file.open("wb") as opened:
            np.save(opened, np.array([Evil()]), allow_pickle=True)
    else:
        save_file({"weight": torch.zeros(2)}, file)
    with pytest.raises(ValueError, match=file.name):
        load_model(file)
    assert not trap.exists()


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises((ValueError, OSError), match=tmp_path.name):
        load_model(tmp_path)


def test_a_newer_format_asks_for_an_update(edited):
    path = edited(lambda card: card.update(format_version=99))
    with pytest.raises(ValueError, match="Update sk_knagcn"):
        load_model(path)


def put(section, **values):
    return lambda card: card[section].update(values)


def in_front(what):
    return lambda card: card.update(pipeline=what)


def without(*names):
    return lambda card: {n: v for n, v in card.items() if n not in names}


@pytest.mark.parametrize(
    "change",
    [
        lambda card: card.update(format="other"),
        lambda card: card.update({"class": "os.system"}),
        lambda card: card.update({"class": ["KNAGCNRegressor"]}),
        lambda card: card.update(format_version="1"),
        lambda card: [card],
        lambda card: "card",
        *(without(name) for name in ("class", "network", "graphs", "fitted")),
        *(without(name) for name in ("parameters", "history", "format_version")),
        put("network", width=10**9),
        put("network", width=10**18),
        put("network", width=-1),
        put("network", width="8"),
        put("network", n_outputs=10**12),
        put("network", n_radial=0),
        put("network", head=[10**9] * 3),
        put("network", head=5),
        put("network", convolution="nothing"),
        put("network", readout="nothing"),
        put("network", unknown=1),
        put("network", n_layers=2),
        put("network", n_layers=0),
        put("parameters", unknown=1),
        put("graphs", unknown=1),
        put("fitted", mean="x"),
        put("fitted", mean=[1.0, 2.0]),
        put("fitted", scale=[[[1.0]]]),
        put("fitted", names=["one", "too many"]),
        put("fitted", names=5),
        *map(in_front, ["nothing", {}, {"steps": ["a", "b"]}, {"graphs": {}}]),
        in_front({"steps": ["a"], "graphs": {}, "descriptors": None}),
        in_front({"steps": "ab", "graphs": {"k": -1}, "descriptors": None}),
        in_front({"steps": "ab", "graphs": {"k": 10, "x": 1}, "descriptors": None}),
        in_front({"steps": "ab", "graphs": {}, "descriptors": {"preset": "os"}}),
        in_front({"steps": "ab", "graphs": {}, "descriptors": ["os"]}),
        # Folders that somebody else chose would be written to.
        in_front({"steps": "ab", "graphs": {"cache": "x"}, "descriptors": None}),
        in_front({"steps": "ab", "graphs": {}, "descriptors": {"cache": "x"}}),
        in_front({"steps": "ab", "graphs": {"n_jobs": 99}, "descriptors": None}),
        put("fitted", mean=[float("nan")]),
        *(put("fitted", scale=[x]) for x in (0.0, -1.0, float("nan"), float("inf"))),
        put("fitted", classes=["a"], dtype="<U500000000"),
        put("fitted", classes=["a"], dtype="V8"),
        put("fitted", classes=["a"] * 10**6, dtype="<U4000"),
        *(lambda card, n=n: card.update({n: [1]}) for n in ("parameters", "fitted")),
        put("fitted", classes=[{"a": 1}], dtype="O"),
        # What is set here would be used by the next fit: a folder to write to.
        put("parameters", checkpoint="somewhere"),
        put("parameters", callbacks=["x"]),
        put("parameters", random_state=0),
        put("network", head=[1] * 1000),
        put("network", dropout=9.0),
        put("network", dropout="x"),
        put("network", k=7),
        put("graphs", k=7),
        put("graphs", k="6"),
        put("graphs", tie_tolerance=-1.0),
        put("graphs", tie_tolerance=1e9),
        put("graphs", dtype="float16"),
        put("graphs", frames="x"),
        put("graphs", reflect=1),
        lambda card: card.update(history=[1, 2]),
        lambda card: card.update(history=[[[[]]]]),
        lambda card: card.update(more="x" * 2**24),
    ],
)
def test_a_card_that_makes_no_sense_is_refused(edited, change):
    path = edited(change)
    with pytest.raises(ValueError, match=path.name):
        load_model(path)


def test_so_many_neighbours_are_not_searched_for(edited):
    def change(card):
        card["network"]["k"] = card["graphs"]["k"] = 10**9

    with pytest.raises(ValueError, match=r"claims k=1000000000"):
        load_model(edited(change))


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_weights_that_are_no_numbers_are_refused(edited, model, number):
    weight = model.net_.module_.state_dict()["head.0.weight"].clone()
    weight[0, 0] = number
    path = edited(lambda card: None, {"head.0.weight": weight})
    with pytest.raises(ValueError, match=r"head\.0\.weight holds NaN or infinite"):
        load_model(path)


def test_a_header_that_promises_too_much_is_refused(file):
    data = file.read_bytes()
    for size in (2**63, 2**40, 2**31, len(data)):
        file.write_bytes(size.to_bytes(8, "little") + data[8:])
        with pytest.raises(ValueError, match=file.name):
            load_model(file)


def test_sizes_are_checked_before_anything_is_built(edited, monkeypatch):
    def build(*args, n_layers, **kwargs):
        raise AssertionError(f"builds {n_layers} layers")

    path = edited(put("network", n_layers=10**9))
    monkeypatch.setattr(networks, "CrystalNetwork", build)
    with pytest.raises(ValueError, match=path.name):
        load_model(path)


@pytest.mark.parametrize(
    "tensors",
    [
        {"more": torch.zeros(3)},
        {"embedding.table": torch.zeros(119, 3)},
        {"embedding.own.weight": torch.zeros(119, 8, dtype=torch.float64)},
        {"embedding.own.weight": torch.zeros(119, 8, dtype=torch.int32)},
    ],
    ids=["one too many", "another table", "another type", "whole numbers"],
)
def test_weights_that_do_not_fit_are_refused(edited, tensors):
    path = edited(lambda card: card["versions"].update(sk_knagcn="0.0.7"), tensors)
    with pytest.raises(ValueError, match=rf"{path.name} .* written by 0\.0\.7"):
        load_model(path)


def test_what_could_not_be_loaded_is_not_written(model, tmp_path, monkeypatch):
    monkeypatch.setattr(persistence, "_LONGEST_CARD", 1_000)
    with pytest.raises(ValueError, match=r"history of \d+ epochs take .* of which"):
        save_model(model, tmp_path / "long.safetensors")
    assert not list(tmp_path.glob("long*"))
