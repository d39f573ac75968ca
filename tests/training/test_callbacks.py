"""Early stopping and the bar."""

import pytest
import torch

from sk_knagcn.training import KeepBest, ProgressBar
from tests.training.nets import dataset, loss_of, net, weights


@pytest.fixture(scope="module")
def data(graphs, y):
    return dataset(graphs, y)


@pytest.fixture
def parts(data):
    return data.rows(torch.arange(6)), data.rows(torch.arange(6, 10))


@pytest.mark.parametrize("averaging", [0.0, 0.7])
@pytest.mark.parametrize("seed", range(2))
def test_the_best_weights_are_kept(parts, averaging, seed):
    train, valid = parts
    found = net(
        valid=valid,
        lr=0.2,  # so high that the loss goes up and down
        max_epochs=12,
        callbacks=[KeepBest(100)],
        averaging=averaging,
        seed=seed,
    )
    found.partial_fit(train)
    found.finish(train)
    losses = found.history[:, "valid_loss"]
    assert losses[-1] > min(losses)
    assert loss_of(found, valid) == pytest.approx(min(losses), rel=1e-5)


@pytest.mark.parametrize("patience", [1, 3])
def test_training_ends_when_patience_does(parts, patience):
    train, valid = parts
    found = net(
        valid=valid, lr=0.2, max_epochs=200, callbacks=[KeepBest(patience)]
    ).partial_fit(train)
    losses = found.history[:, "valid_loss"]
    best = losses.index(min(losses))
    assert len(losses) == best + 1 + patience < 200


def test_best_weights_are_no_alias_of_those_in_training(parts):
    train, valid = parts
    keeper = KeepBest(100)
    found = net(valid=valid, lr=0.2, max_epochs=3, callbacks=[keeper])
    found.partial_fit(train)
    kept = weights(found)
    found.partial_fit(train)
    assert any(not torch.equal(kept[n], v) for n, v in weights(found).items())


def test_a_loss_that_is_no_number_is_never_the_best(graphs, y):
    data = dataset(graphs, y)
    data.targets[6:] = torch.nan  # what is validated on
    found = net(
        valid=data.rows(torch.arange(6, 10)), max_epochs=9, callbacks=[KeepBest(2)]
    )
    try:
        found.partial_fit(data.rows(torch.arange(6)))
    except FloatingPointError:
        return  # the better answer
    assert len(found.history) == 2


def test_the_bar_shows_losses_and_epochs(parts, capsys):
    train, valid = parts
    found = net(valid=valid, callbacks=[ProgressBar()])
    found.partial_fit(train)
    out, err = capsys.readouterr()
    assert out == ""
    assert "3/3" in err
    assert "train=" in err
    assert "valid=" in err


def test_without_a_bar_nothing_is_shown(parts, capsys):
    net(valid=parts[1]).partial_fit(parts[0])
    assert capsys.readouterr() == ("", "")
