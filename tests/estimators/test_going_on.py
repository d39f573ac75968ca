"""Training that goes on: warm starts and single epochs."""

import numpy as np
import pytest
from sklearn.base import clone
from skorch.callbacks import Callback

from sk_knagcn import KNAGCNClassifier
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


class Seen(Callback):
    """Remembers the rows of each batch, and those kept aside."""

    def __init__(self, batches, aside):
        self.batches, self.aside = batches, aside

    def on_batch_begin(self, net, batch=None, training=False, **kwargs):
        if training:
            self.batches.append(batch.index.tolist())

    def on_epoch_end(self, net, **kwargs):
        if net.train_split is not None:
            self.aside.append(set(net.train_split.valid.index.tolist()))


@pytest.mark.parametrize("go_on", ["fit", "partial_fit"])
def test_what_goes_on_does_not_draw_the_same_again(graphs, y, go_on):
    batches = []
    model = tiny(
        warm_start=True, max_epochs=1, dropout=0.5, callbacks=[Seen(batches, [])]
    )
    for _ in range(2):
        getattr(model, go_on)(graphs, y)
    first, second = batches[:3], batches[3:]
    assert len(first) == len(second) == 3
    assert first != second
    again = clone(model).set_params(callbacks=None)
    for _ in range(2):
        getattr(again, go_on)(graphs, y)
    np.testing.assert_array_equal(again.predict(graphs), model.predict(graphs))


def test_what_was_learnt_from_is_not_kept_aside_later(graphs, y):
    aside = []
    seen = Seen([], aside)
    model = tiny(
        warm_start=True, early_stopping=True, random_state=None, callbacks=[seen]
    )
    for _ in range(4):
        model.fit(graphs, y)
    assert all(one == aside[0] for one in aside)


def test_a_single_epoch_keeps_nothing_aside(graphs, y):
    batches, aside = [], []
    model = tiny(early_stopping=True, callbacks=[Seen(batches, aside)])
    model.partial_fit(graphs, y).partial_fit(graphs[:1], y[:1])
    assert {row for batch in batches for row in batch} == set(range(10))
    assert aside == []
    assert "valid_loss" not in model.history_


def test_steps_of_the_learning_rate_begin_anew_with_each_fit(graphs, y):
    model = tiny(schedule="step", max_epochs=51, warm_start=True).fit(graphs, y)
    rates = model.fit(graphs, y).history_["lr"]
    np.testing.assert_allclose(rates.iloc[[0, 50, 51, 101]], [0.01, 1e-3, 0.01, 1e-3])


def test_a_target_that_a_later_part_lacks_is_no_error(graphs, y):
    z = np.column_stack([y, y])
    model = tiny().partial_fit(graphs, z)
    z[:, 1] = np.nan
    assert model.partial_fit(graphs, z).predict(graphs).shape == (10, 2)
    with pytest.raises(ValueError, match="NaN for every structure"):
        tiny().partial_fit(graphs, z)


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
