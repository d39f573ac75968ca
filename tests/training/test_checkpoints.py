"""A training that was killed goes on as if nothing had been."""

import os
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from hashlib import blake2b
from pathlib import Path

import numpy as np
import pytest
import torch
from skorch.callbacks import Callback, EarlyStopping

from sk_knagcn.training.states import pack_state
from tests.estimators.tiny import tiny

ROOT = Path(__file__).parents[2]


class Killed(BaseException):
    """What SIGKILL is to a process, to be caught by a test."""


class StopAfter(Callback):
    """Ends a training in the middle of an epoch."""

    def __init__(self, epochs):
        self.epochs = epochs

    def on_epoch_begin(self, net, **kwargs):
        if len(net.history) > self.epochs:
            raise Killed


def interrupted(X, y, folder, epochs=3, **changes):
    """A model whose training ended after so many epochs."""
    model = tiny(max_epochs=6, checkpoint=folder, **changes)
    model.set_params(callbacks=[StopAfter(epochs)])
    with pytest.raises(Killed):
        model.fit(X, y)
    return model.set_params(callbacks=None)


def equal(first, second):
    states = [m.net_.module_.state_dict() for m in (first, second)]
    assert states[0].keys() == states[1].keys()
    return all(torch.equal(states[0][name], states[1][name]) for name in states[0])


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="SIGKILL needs POSIX")
def test_killed_at_random_it_ends_with_the_weights_of_one_left_alone(
    graphs, y, tmp_path
):
    graphs.save(tmp_path / "graphs")
    np.save(tmp_path / "y.npy", y)
    script = Path(__file__).with_name("kill_and_resume.py")
    run = subprocess.run(
        [sys.executable, script, tmp_path, "0"],
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    left_alone, killed = (
        torch.load(tmp_path / name, weights_only=True)
        for name in ("undisturbed.pt", "disturbed.pt")
    )
    for part in ("epochs", "losses", "valid"):
        assert killed[part] == left_alone[part]
    assert len(killed["epochs"]) == 60
    for name, values in left_alone["weights"].items():
        assert torch.equal(killed["weights"][name], values)
    # The files of those that were killed while writing are all that may be left.
    left = [path.suffix for path in (tmp_path / "checkpoints").iterdir()]
    assert left.count(".checkpoint") == 1
    assert set(left) <= {".checkpoint", ".partial"}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"dropout": 0.3},
        {"averaging": 0.9, "schedule": "onecycle"},
        {"early_stopping": True, "validation_fraction": 0.3, "patience": 1},
        {"convolution": "slots", "schedule": "linear"},
        {"optimizer": "muon"},
    ],
    ids=lambda changes: "-".join(changes) or "plain",
)
@pytest.mark.parametrize("epochs", [0, 1, 5])
def test_goes_on_from_the_last_finished_epoch(graphs, y, tmp_path, changes, epochs):
    expected = tiny(max_epochs=6, **changes).fit(graphs, y)
    epochs = min(epochs, len(expected.history_) - 1)
    model = interrupted(graphs, y, tmp_path, epochs, **changes).fit(graphs, y)
    assert equal(model, expected)
    for name in ("train_loss", "lr"):
        assert model.history_[name].tolist() == expected.history_[name].tolist()


def test_only_what_is_left_is_done_again(graphs, y, tmp_path):
    model = interrupted(graphs, y, tmp_path, 4)
    steps = []

    class Count(Callback):
        def on_epoch_end(self, net, **kwargs):
            steps.append(len(net.history))

    model.set_params(callbacks=[Count()]).fit(graphs, y)
    assert steps == [5, 6]
    model.fit(graphs, y)  # and when all is done, nothing is
    assert steps == [5, 6]
    assert len(model.history_) == 6


@pytest.mark.parametrize("size", [0, 1, 100, -1])
def test_a_truncated_file_is_named(graphs, y, tmp_path, size):
    model = interrupted(graphs, y, tmp_path)
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:size])
    with pytest.raises(ValueError, match=f"{file.name}.*damaged") as caught:
        model.fit(graphs, y)
    assert str(file) in str(caught.value)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.5, 0.7, 0.999])
def test_a_flipped_bit_is_an_error_or_harmless(graphs, y, tmp_path, share):
    expected = tiny(max_epochs=6, averaging=0.5).fit(graphs, y)
    model = interrupted(graphs, y, tmp_path, averaging=0.5)
    (file,) = tmp_path.iterdir()
    data = bytearray(file.read_bytes())
    data[int(share * len(data))] ^= 0x40
    file.write_bytes(data)
    try:
        model.fit(graphs, y)
    except ValueError as error:
        message = str(error)
    else:
        assert equal(model, expected)
        return
    assert file.name in message


@pytest.mark.parametrize(
    "content", [[1, 2], {}, {"module": {}}, torch.zeros(2), None], ids=str
)
def test_a_foreign_file_is_named(graphs, y, tmp_path, content):
    model = interrupted(graphs, y, tmp_path)
    (file,) = tmp_path.iterdir()
    file.write_bytes(pack_state(content))
    with pytest.raises(ValueError, match=file.name):
        model.fit(graphs, y)


class Evil:
    def __reduce__(self):
        return (os.mkdir, (os.environ["EVIL"],))


def test_no_code_in_a_file_is_run(graphs, y, tmp_path, monkeypatch):
    monkeypatch.setenv("EVIL", str(tmp_path / "was-here"))
    model = interrupted(graphs, y, tmp_path / "checkpoints")
    (file,) = (tmp_path / "checkpoints").iterdir()
    disguised = pickle.dumps({"module": Evil()})
    file.write_bytes(blake2b(disguised, digest_size=16).digest() + disguised)
    with pytest.raises(ValueError, match=file.name):
        model.fit(graphs, y)
    assert not (tmp_path / "was-here").exists()


@pytest.mark.parametrize(
    "other",
    [
        lambda X, y: (X, y + 1e-9),
        lambda X, y: (X[::-1], y),
        lambda X, y: (X.with_k(5), y),
        lambda X, y: (X[:9], y[:9]),
    ],
    ids=["targets", "order", "settings", "fewer"],
)
def test_a_checkpoint_of_other_data_is_not_used(graphs, y, tmp_path, other):
    model = interrupted(graphs, y, tmp_path).set_params(k=None)
    X, z = other(graphs, y)
    expected = tiny(max_epochs=6, k=None).fit(X, z)
    assert equal(model.fit(X, z), expected)
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize(
    "changes", [{"lr": 3e-3}, {"max_epochs": 7}, {"random_state": 1}, {"width": 4}]
)
def test_a_checkpoint_of_other_parameters_is_not_used(graphs, y, tmp_path, changes):
    model = interrupted(graphs, y, tmp_path).set_params(**changes)
    expected = tiny(**{"max_epochs": 6, **changes}).fit(graphs, y)
    assert equal(model.fit(graphs, y), expected)


def test_sample_weights_are_data_too(graphs, y, tmp_path):
    weights = np.linspace(0.5, 2, len(y))
    model = interrupted(graphs, y, tmp_path)
    expected = tiny(max_epochs=6).fit(graphs, y, weights)
    assert equal(model.fit(graphs, y, weights), expected)


def test_groups_decide_what_is_kept_aside_and_so_are_data_too(graphs, y, tmp_path):
    changes = {"early_stopping": True, "validation_fraction": 0.3, "max_epochs": 6}
    groups = np.arange(len(y)) // 2, np.arange(len(y)) % 5
    first, second = (
        tiny(**changes, checkpoint=tmp_path).fit(graphs, y, groups=each)
        for each in groups
    )
    assert len(list(tmp_path.iterdir())) == 2
    assert equal(second, tiny(**changes).fit(graphs, y, groups=groups[1]))
    assert not equal(first, second)


def test_a_step_of_partial_fit_is_no_beginning_of_a_fit(graphs, y, tmp_path):
    changes = {"max_epochs": 4, "schedule": "onecycle"}
    expected = tiny(**changes).fit(graphs, y)
    step = tiny(**changes, checkpoint=tmp_path).partial_fit(graphs, y)
    assert list(tmp_path.iterdir()) == []
    model = tiny(**changes, checkpoint=tmp_path).fit(graphs, y)
    assert equal(model, expected)
    after = tiny(**changes, checkpoint=tmp_path).partial_fit(graphs, y)
    assert len(after.history_) == 1
    assert equal(after, step)


def test_equal_trainings_at_one_time_are_not_in_each_others_way(graphs, y, tmp_path):
    # As those of a search over something that changes nothing in what is learnt.
    expected = tiny(max_epochs=30).fit(graphs, y)

    def fit(_):
        return tiny(max_epochs=30, checkpoint=tmp_path).fit(graphs, y)

    with ThreadPoolExecutor(4) as pool:
        assert all(equal(model, expected) for model in pool.map(fit, range(8)))
    assert [path.suffix for path in tmp_path.iterdir()] == [".checkpoint"]


def test_what_a_killed_process_left_is_swept_up(graphs, y, tmp_path):
    tiny(checkpoint=tmp_path).fit(graphs, y)
    (file,) = tmp_path.iterdir()
    file.unlink()
    old, new = (file.with_name(f"{file.name}.{n}.partial") for n in (1, 2))
    old.touch()
    os.utime(old, (0, 0))
    new.touch()  # somebody may still be writing this one
    tiny(checkpoint=tmp_path).fit(graphs, y)
    assert set(tmp_path.iterdir()) == {file, new}


@pytest.mark.parametrize("stopped_by", ["skorch", "patience"])
def test_a_training_that_was_ended_early_is_done(graphs, y, tmp_path, stopped_by):
    changes = {"max_epochs": 40, "checkpoint": tmp_path}
    if stopped_by == "skorch":
        stop = EarlyStopping(monitor="train_loss", patience=2, threshold=1e9)
        changes["callbacks"] = [stop]
    else:
        changes |= {"early_stopping": True, "patience": 2, "validation_fraction": 0.3}
        changes |= {"lr": 0.3}
    first, *others = (tiny(**changes).fit(graphs, y) for _ in range(3))
    assert len(first.history_) < 40
    for other in others:
        assert equal(other, first)
        assert other.history_.equals(first.history_)  # the seconds, too: nothing ran


@pytest.mark.parametrize("going_on", ["warm_start", "partial_fit"])
def test_training_that_goes_on_after_a_fit_is_not_set_back(
    graphs, y, tmp_path, going_on
):
    def twice(folder):
        model = tiny(max_epochs=3, warm_start=going_on == "warm_start")
        model.set_params(checkpoint=folder).fit(graphs, y)
        again = model.partial_fit if going_on == "partial_fit" else model.fit
        return again(graphs, y + 1)

    expected = twice(None)
    model = twice(tmp_path)
    assert len(model.history_) == len(expected.history_)
    assert equal(model, expected)


class WatchSplit(Callback):
    """Writes down which rows are validated on."""

    def __init__(self):
        self.seen = []

    def on_train_begin(self, net, **kwargs):
        self.seen.append(net.train_split.valid.index.tolist())


def test_without_a_seed_the_part_kept_aside_stays_aside(graphs, y, tmp_path):
    # What was learnt from must not be validated on after a restart.
    changes = {"early_stopping": True, "validation_fraction": 0.3, "random_state": None}
    watch = WatchSplit()
    model = tiny(max_epochs=6, patience=9, checkpoint=tmp_path, **changes)
    model.set_params(callbacks=[watch, StopAfter(3)])
    with pytest.raises(Killed):
        model.fit(graphs, y)
    model.set_params(callbacks=[watch]).fit(graphs, y)
    first, second = watch.seen
    resumed = len(list(tmp_path.glob("*.checkpoint"))) == 1
    assert not resumed or first == second


def test_a_random_state_object_is_known_by_its_state(graphs, y, tmp_path):
    interrupted(graphs, y, tmp_path, random_state=np.random.RandomState(0))
    state = np.random.RandomState(0)
    model = tiny(max_epochs=6, random_state=state, checkpoint=tmp_path).fit(graphs, y)
    expected = tiny(max_epochs=6, random_state=np.random.RandomState(0)).fit(graphs, y)
    assert len(list(tmp_path.iterdir())) == 1
    assert equal(model, expected)


def test_without_a_checkpoint_nothing_is_written(graphs, y, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    tiny().fit(graphs, y)
    tiny(early_stopping=True, validation_fraction=0.3).fit(graphs, y)
    assert list(tmp_path.iterdir()) == []


def test_numbers_of_numpy_are_numbers(graphs, y, tmp_path):
    plain = {"width": 8, "lr": 0.0078125, "weight_decay": 0, "averaging": 0.875}
    plain |= {"early_stopping": True, "validation_fraction": 0.25}
    kinds = {int: np.int64, float: np.float32, bool: bool}
    numpys = {name: kinds[type(value)](value) for name, value in plain.items()}
    first, second = (
        tiny(**{**changes, "checkpoint": tmp_path}).fit(graphs, y)
        for changes in (plain, numpys)
    )
    assert equal(first, second)
    assert len(list(tmp_path.iterdir())) == 1
