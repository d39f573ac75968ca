"""Training that goes on, and training that ends early."""

import signal
from copy import deepcopy
from datetime import UTC, datetime

import numpy as np
import pytest
import torch
from sklearn.base import clone
from skorch.callbacks import Callback, EarlyStopping

from sk_knagcn import CGCNNRegressor, KNAGCNClassifier, KNAGCNRegressor, save_model
from tests.estimators.tiny import NAMES, REGRESSORS, tiny

each_regressor = pytest.mark.parametrize(("cls", "changes"), REGRESSORS, ids=NAMES)


@each_regressor
def test_warm_start_goes_on_where_it_was(cls, changes, graphs, y):
    warm = tiny(cls, **changes, max_epochs=5, warm_start=True).fit(graphs, y)
    first, twice = warm.history_, tiny(cls, **changes, max_epochs=5).fit(graphs, y)
    warm.fit(graphs, y)
    twice.set_params(warm_start=True).fit(graphs, y)
    np.testing.assert_array_equal(twice.predict(graphs), warm.predict(graphs))
    assert warm.history_.index.tolist() == list(range(1, 11))
    assert warm.history_["train_loss"].iloc[-1] < first["train_loss"].iloc[0]
    assert warm.history_["train_loss"].iloc[5] < first["train_loss"].iloc[0]


def test_a_cold_start_starts_anew(graphs, y):
    model = tiny().fit(graphs, y)
    first, net = model.predict(graphs), model.net_
    np.testing.assert_array_equal(model.fit(graphs, y).predict(graphs), first)
    assert model.net_ is not net
    assert len(model.history_) == 2


def test_warm_start_without_an_earlier_fit_is_a_fit(graphs, y):
    np.testing.assert_array_equal(
        tiny(warm_start=True).fit(graphs, y).predict(graphs),
        tiny().fit(graphs, y).predict(graphs),
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"width": 4},
        {"n_layers": 2},
        {"convolution": "slots"},
        {"k": 4},
        {"readout": "max"},
        {"head": (4,)},
        {"n_radial": 3},
        {"radial": "exponential"},
        {"embedding": "learned"},
    ],
    ids=str,
)
def test_another_network_is_refused_and_leaves_the_model_as_it_was(
    crystals, graphs, y, changes
):
    model = tiny(warm_start=True).fit(graphs, y)
    before, parameters = model.predict(crystals), model.get_params()
    with pytest.raises(ValueError, match=next(iter(changes))):
        model.set_params(**changes).fit(graphs, y)
    model.set_params(**parameters)
    np.testing.assert_array_equal(model.predict(crystals), before)
    model.fit(graphs, y)


@pytest.mark.parametrize(("before", "now"), [(1, 2), (2, 3), (2, 1)])
def test_another_number_of_targets_is_refused(graphs, y, before, now):
    model = tiny(warm_start=True).fit(graphs, np.column_stack([y] * before))
    with pytest.raises(ValueError, match="n_outputs"):
        model.fit(graphs, np.column_stack([y] * now))
    assert model.predict(graphs).shape == (len(y), before)


class Interrupted(Callback):
    def on_batch_end(self, net, **kwargs):
        if len(net.history) > 2:
            raise KeyboardInterrupt


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
@pytest.mark.parametrize("go_on", ["fit", "partial_fit"])
@pytest.mark.parametrize(
    ("changes", "error"),
    [({"lr": 1e30}, FloatingPointError), ({"callbacks": []}, KeyboardInterrupt)],
    ids=["diverged", "interrupted"],
)
def test_a_training_that_fails_leaves_the_model_as_it_was(
    graphs, y, optimizer, go_on, changes, error
):
    model = tiny(warm_start=True, max_epochs=2, optimizer=optimizer).fit(graphs, y)
    before, records = model.predict(graphs), model.history_
    again = clone(model).fit(graphs, y)
    if "callbacks" in changes:
        changes = {"callbacks": [Interrupted()]}
    with pytest.raises(error):
        getattr(model.set_params(**changes, max_epochs=20), go_on)(graphs, y)
    np.testing.assert_array_equal(model.predict(graphs), before)
    assert model.history_.equals(records)
    # What goes on from there goes on from what it was, the optimizer too.
    for each in (model, again):
        each.set_params(lr=1e-2, callbacks=None, max_epochs=2).fit(graphs, y)
    np.testing.assert_array_equal(model.predict(graphs), again.predict(graphs))


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


# -- the part kept aside ---------------------------------------------------------------


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


def test_one_structure_that_counts_is_too_few_to_keep_one_aside(graphs, y):
    weights = np.eye(10)[3]
    with pytest.raises(ValueError, match="at least 2 whose weight is not 0, got 1"):
        tiny(early_stopping=True).fit(graphs, y, sample_weight=weights)


@pytest.mark.parametrize("optimizers", [("adamw", "muon"), ("muon", "adamw")])
def test_another_optimizer_starts_without_the_state_of_the_first(graphs, y, optimizers):
    first, second = optimizers
    model = tiny(warm_start=True, optimizer=first).fit(graphs, y)
    loss = model.history_["train_loss"].iloc[-1]
    model.set_params(optimizer=second, max_epochs=4).fit(graphs, y)
    assert len(model.history_) == 6
    assert model.history_["train_loss"].iloc[-1] < loss


def test_parameters_of_the_training_may_change(graphs, y):
    model = tiny(warm_start=True, lr=1e-2).fit(graphs, y)
    model.set_params(lr=1e-3, max_epochs=3, batch_size=10).fit(graphs, y)
    assert model.history_["lr"].tolist() == pytest.approx([1e-2] * 2 + [1e-3] * 3)


def test_early_stopping_may_begin_later(graphs, y):
    model = tiny(warm_start=True).fit(graphs, y)
    stopping = {"early_stopping": True, "validation_fraction": 0.3, "patience": 2}
    model.set_params(**stopping, max_epochs=40).fit(graphs, y)
    valid = model.history_["valid_loss"].iloc[2:].to_numpy()
    assert len(valid) == min(40, valid.argmin() + 3)


def test_new_data_may_come_in_warm(graphs, y):
    model = tiny(warm_start=True).fit(graphs[:5], y[:5])
    scaler = model.target_scaler_
    model.fit(graphs, y)
    assert model.target_scaler_ is scaler  # or what was learnt would lose its meaning


@each_regressor
def test_partial_fit_is_one_more_epoch(cls, changes, graphs, y):
    model = tiny(cls, **changes, max_epochs=77)
    for epoch in range(1, 4):
        assert model.partial_fit(graphs, y) is model
        assert model.history_.index.tolist() == list(range(1, epoch + 1))
    assert model.predict(graphs).shape == y.shape


@pytest.mark.parametrize("schedule", ["constant", "onecycle", "linear"])
def test_partial_fit_keeps_the_learning_rate(graphs, y, schedule):
    model = tiny(schedule=schedule, lr=1e-2)
    for _ in range(3):
        model.partial_fit(graphs, y)
    assert model.history_["lr"].tolist() == pytest.approx([1e-2] * 3)


def test_partial_fit_learns(graphs, y):
    model = tiny(lr=2e-2, n_radial=12)
    for _ in range(60):
        model.partial_fit(graphs, y)
    assert model.history_["train_loss"].iloc[-1] < 0.3


def test_a_classifier_may_hear_of_all_classes_first(graphs):
    model = tiny(KNAGCNClassifier)
    model.partial_fit(graphs[:4], ["a", "b", "a", "b"], classes=["a", "b", "c"])
    model.partial_fit(graphs[4:7], ["c", "c", "a"])
    assert model.predict_proba(graphs).shape == (10, 3)
    with pytest.raises(ValueError, match="'d'"):
        model.partial_fit(graphs[:2], ["a", "d"])


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
