"""The course of a training: what is kept aside, told, called and interrupted."""

import os
import signal
from copy import deepcopy
from datetime import UTC, datetime
from functools import partial

import numpy as np
import pytest
import torch
from skorch.callbacks import Callback, EarlyStopping, LRScheduler

from sk_knagcn import CGCNNRegressor, KNAGCNClassifier, KNAGCNRegressor, save_model
from sk_knagcn.estimators.validation import _whole_groups
from tests.estimators.tiny import NAMES, REGRESSORS, tiny

each_regressor = pytest.mark.parametrize(("cls", "changes"), REGRESSORS, ids=NAMES)


@pytest.mark.parametrize("groups", [None, list("aabbccddee")])
@pytest.mark.parametrize("cls", [KNAGCNRegressor, KNAGCNClassifier])
def test_what_counts_for_nothing_is_not_kept_aside(cls, groups, graphs, y):
    # It would let training stop, or go on, for no reason.
    weights = np.array([1, 0, 1, 0, 1, 0, 1, 0, 0, 0.0])
    model = tiny(cls, early_stopping=True, validation_fraction=0.3)
    target = np.arange(10) % 4 > 1 if cls is KNAGCNClassifier else y
    model.fit(graphs, target, sample_weight=weights, groups=groups)
    assert (model.history_["valid_loss"] > 0).all()


def test_what_cannot_be_kept_aside_names_the_parameter(graphs, y):
    for model in (tiny(KNAGCNClassifier), tiny(validation_fraction=0.99)):
        with pytest.raises(ValueError, match=r"validation_fraction=0\.\d+ of 10"):
            model.set_params(early_stopping=True).fit(graphs, np.arange(10) // 2)


@pytest.mark.parametrize("n", [3, 30])
def test_groups_are_as_many_as_structures(graphs, y, n):
    with pytest.raises(ValueError, match=f"groups has {n} entries"):
        tiny(early_stopping=True).fit(graphs, y, groups=np.arange(n))


@pytest.mark.parametrize(
    ("sizes", "fraction", "least", "most"),
    [
        ([1] + [11] * 9, 0.1, 11, 12),  # not the single one alone
        ([20, 1, 1, 1, 1], 0.1, 2, 2),
        ([33, 33, 34], 0.1, 33, 33),  # the smallest, if all are too large
        ([1] * 100, 0.1, 10, 10),
        ([2] * 50, 0.11, 10, 12),
    ],
)
def test_whole_groups_make_a_part_of_about_the_size_asked_for(
    sizes, fraction, least, most
):
    groups = np.repeat(np.arange(len(sizes)), sizes)
    labels = np.zeros(len(groups), dtype=int)
    for seed in range(10):
        aside = _whole_groups(groups, labels, fraction, seed)
        assert least <= aside.sum() <= most
        assert not set(groups[aside]) & set(groups[~aside])


def test_a_class_in_one_group_alone_is_learnt():
    groups = np.repeat(np.arange(4), [1, 33, 33, 33])
    labels = (groups == 0).astype(int)
    aside = _whole_groups(groups, labels, 0.1, 0)
    assert aside.sum() == 33
    with pytest.raises(ValueError, match="all that there is of some class"):
        _whole_groups(groups, groups, 0.1, 0)


@pytest.mark.parametrize("seed", range(4))
def test_a_large_group_is_not_kept_aside_for_a_small_part(graphs, y, seed):
    seen = []

    class Sizes(Callback):
        def on_train_begin(self, net, X=None, y=None, **kwargs):
            seen.append(X.index.tolist())

    model = tiny(early_stopping=True, validation_fraction=0.2, callbacks=[Sizes()])
    groups = ["large"] * 6 + list("abcd")
    model.set_params(random_state=seed).fit(graphs, y, groups=groups)
    assert len(seen[0]) == 8
    assert set(range(6)) < set(seen[0])


def test_groups_are_one_label_each(graphs, y):
    model = tiny(early_stopping=True)
    with pytest.raises(ValueError, match=r"one label for each structure, got shape"):
        model.fit(graphs, y, groups=[("a", i // 2) for i in range(10)])
    for missing in (None, np.nan):
        with pytest.raises(ValueError, match="groups has missing labels"):
            model.fit(graphs, y, groups=["a", missing] * 5)
    with pytest.raises(ValueError, match="labels of unlike kinds"):
        model.fit(graphs, y, groups=np.array(["a", 1] * 5, dtype=object))
    with pytest.raises(ValueError, match="all of them are in one group"):
        model.fit(graphs, y, groups=["a"] * 10)


def test_one_structure_that_counts_is_too_few_to_keep_one_aside(graphs, y):
    weights = np.eye(10)[3]
    with pytest.raises(ValueError, match="at least 2 whose weight is not 0, got 1"):
        tiny(early_stopping=True).fit(graphs, y, sample_weight=weights)


def test_a_value_that_is_no_number_is_no_part_of_the_history(graphs, y, tmp_path):
    class Norms(Callback):
        def on_epoch_end(self, net, **kwargs):
            net.history.record("norms", np.arange(3))
            net.history.record("when", datetime.now(UTC))
            net.history.record("loss", torch.tensor(1.0))

    model = tiny(callbacks=[Norms()], checkpoint=tmp_path).fit(graphs, y)
    assert len(model.history_) == 2
    assert not {"norms", "when"} & set(model.net_.records()[0])
    assert model.net_.records()[0]["loss"] == 1.0
    save_model(model, tmp_path / "model.safetensors")


@each_regressor
def test_early_stopping_keeps_the_best_epoch(cls, changes, graphs, y):
    model = tiny(
        cls,
        **changes,
        early_stopping=True,
        validation_fraction=0.3,
        patience=3,
        max_epochs=40,
        lr=3e-2,
    ).fit(graphs, y)
    valid = model.history_["valid_loss"]
    assert np.isfinite(valid).all()
    best = int(valid.to_numpy().argmin())
    assert len(valid) == min(40, best + 4)


def test_early_stopping_keeps_nothing_of_the_data(graphs, y):
    model = tiny(early_stopping=True, validation_fraction=0.3).fit(graphs, y)
    assert model.net_.train_split is None


def test_one_crystal_cannot_be_split(graphs, y):
    with pytest.raises(ValueError, match="at least 2"):
        tiny(early_stopping=True).fit(graphs[:1], y[:1])
    tiny().fit(graphs[:1], y[:1])  # but learnt


def test_classes_are_kept_apart_in_their_shares(graphs):
    y = [0] * 5 + [1] * 5
    model = tiny(KNAGCNClassifier, early_stopping=True, validation_fraction=0.4)
    assert len(model.fit(graphs, y).history_) == 2


@pytest.mark.parametrize("verbose", [0, 1, 2, True, False])
@pytest.mark.parametrize("early_stopping", [False, True])
def test_as_much_is_shown_as_was_asked_for(graphs, y, capsys, verbose, early_stopping):
    tiny(verbose=verbose, early_stopping=early_stopping, validation_fraction=0.3).fit(
        graphs, y
    ).predict(graphs)
    out, err = capsys.readouterr()
    assert ("2/2" in err) == (verbose == 1)
    assert ("train_loss" in out) == (verbose == 2)
    if not verbose:
        assert (out, err) == ("", "")


def test_history_is_a_table_of_the_epochs(graphs, y):
    table = tiny(max_epochs=3).fit(graphs, y).history_
    assert table.index.name == "epoch"
    assert table.index.tolist() == [1, 2, 3]
    assert {"train_loss", "lr", "dur"} <= set(table.columns)
    assert "valid_loss" not in table
    assert all(kind.kind == "f" for kind in table.dtypes)
    stopping = tiny(early_stopping=True, validation_fraction=0.3).fit(graphs, y)
    assert "valid_loss" in stopping.history_


def test_callbacks_are_called(graphs, y):
    class Count(Callback):
        epochs = 0

        def on_epoch_end(self, net, **kwargs):
            type(self).epochs += 1

    tiny(callbacks=[Count()], max_epochs=3).fit(graphs, y)
    assert Count.epochs == 3


class Interrupt(Callback):
    """Somebody presses Ctrl-C."""

    def on_batch_end(self, net, **kwargs):
        raise KeyboardInterrupt


def test_an_interrupt_ends_more_than_the_fit(graphs, y):
    # Half a model must not pass for a whole one, nor a search go on with the next.
    with pytest.raises(KeyboardInterrupt):
        tiny(callbacks=[Interrupt()]).fit(graphs, y)


def test_a_learning_rate_too_high_is_named(graphs, y):
    with pytest.raises(FloatingPointError, match=r"epoch \d+.*learning rate"):
        tiny(lr=1e30, max_epochs=20).fit(graphs, y)


def test_early_stopping_of_skorch_ends_the_fit_only(graphs, y):
    stop = EarlyStopping(monitor="train_loss", patience=1, threshold=1e9)
    model = tiny(callbacks=[stop], max_epochs=50).fit(graphs, y)
    assert len(model.history_) < 50


def test_weights_that_a_callback_restores_are_not_averaged_away(graphs, y):
    class Restore(Callback):
        def on_epoch_end(self, net, **kwargs):
            if len(net.history) == 3:
                self.kept = deepcopy(net.module_.state_dict())

        def on_train_end(self, net, **kwargs):
            net.module_.load_state_dict(self.kept)

    restore = Restore()
    model = tiny(callbacks=[restore], max_epochs=5, averaging=0.9).fit(graphs, y)
    found = model.net_.module_.state_dict()
    assert all(torch.equal(found[name], value) for name, value in restore.kept.items())


@pytest.mark.parametrize("cls", [CGCNNRegressor, KNAGCNRegressor])
def test_a_checkpoint_belongs_to_the_pieces_that_matter(graphs, y, tmp_path, cls):
    for max_atoms in (10_000, 4):
        tiny(cls, checkpoint=tmp_path, max_atoms=max_atoms).fit(graphs, y)
    assert len(list(tmp_path.iterdir())) == 1 + (cls is CGCNNRegressor)


class Press(Callback):
    """Ctrl-C at the end of an epoch, where a checkpoint is written."""

    def on_epoch_end(self, net, **kwargs):
        signal.raise_signal(signal.SIGINT)


@pytest.fixture
def ctrl_c():
    """Ctrl-C interrupts, as it does not in a process in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c")
@pytest.mark.parametrize("with_checkpoint", [True, False])
def test_what_is_interrupted_does_not_pass_for_trained(
    graphs, y, tmp_path, with_checkpoint
):
    folder = tmp_path if with_checkpoint else None
    model = tiny(callbacks=[Press()], checkpoint=folder)
    with pytest.raises(KeyboardInterrupt):
        model.fit(graphs, y)
    assert not hasattr(model, "net_")


class Terminate(Callback):
    """A batch system ends the job."""

    def on_epoch_end(self, net, **kwargs):
        if len(net.history) == 2:
            os.kill(os.getpid(), signal.SIGTERM)


def end_job(*_):
    raise KeyboardInterrupt


class Ender:
    def __call__(self, *_):
        end_job()

    end = staticmethod(end_job)


@pytest.mark.parametrize("handler", [end_job, Ender(), partial(end_job), Ender().end])
def test_a_handler_of_signals_does_not_end_training_as_callbacks_do(
    graphs, y, tmp_path, handler
):
    before = signal.signal(signal.SIGTERM, handler)
    try:
        model = tiny(callbacks=[Terminate()], checkpoint=tmp_path, max_epochs=6)
        with pytest.raises(KeyboardInterrupt):
            model.fit(graphs, y)
    finally:
        signal.signal(signal.SIGTERM, before)
    again = tiny(checkpoint=tmp_path, max_epochs=6).fit(graphs, y)
    assert len(again.history_) == 6


def test_what_is_no_callback_or_would_do_nothing_is_named(graphs, y):
    with pytest.raises(TypeError, match="list of skorch's callbacks, but it holds 3"):
        tiny(callbacks=[3]).fit(graphs, y)
    for one in (LRScheduler(), ("rate", LRScheduler())):
        with pytest.raises(ValueError, match="the learning rate follows schedule"):
            tiny(callbacks=[one]).fit(graphs, y)
    named = tiny(callbacks=[("stop", EarlyStopping(monitor="train_loss"))])
    assert len(named.fit(graphs, y).history_) > 0
