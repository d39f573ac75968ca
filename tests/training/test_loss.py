"""The loss counts what is there, as much as it shall count."""

import pytest
import torch
from torch.nn import functional

from sk_knagcn.training import WeightedLoss

KINDS = {
    "mae": functional.l1_loss,
    "mse": functional.mse_loss,
    "huber": functional.huber_loss,
}


@pytest.fixture
def values():
    generator = torch.Generator().manual_seed(0)
    outputs, targets = 3 * torch.randn(2, 6, 2, generator=generator)
    return outputs.requires_grad_(), targets


@pytest.mark.parametrize("kind", KINDS)
def test_equal_weights_are_torchs_mean(values, kind):
    loss = WeightedLoss(kind)
    for weight in (1.0, 7.0):
        weights = torch.full((6, 2), weight)
        mean = loss(*values, weights) / weights.sum()
        torch.testing.assert_close(mean, KINDS[kind](*values))


@pytest.mark.parametrize("kind", KINDS)
def test_weights_are_repetitions(values, kind):
    counts = torch.tensor([0, 1, 2, 3, 1, 2])
    weights = counts.unsqueeze(1).expand(6, 2).float()
    repeated = [v.repeat_interleave(counts, 0) for v in values]
    mean = WeightedLoss(kind)(*values, weights) / weights.sum()
    torch.testing.assert_close(mean, KINDS[kind](*repeated))


@pytest.mark.parametrize("kind", KINDS)
def test_missing_entries_teach_nothing(values, kind):
    outputs, targets = values
    weights = torch.ones(6, 2)
    weights[2, 1] = weights[4] = 0
    loss = WeightedLoss(kind)(outputs, targets, weights)
    loss.backward()
    assert torch.equal(outputs.grad != 0, weights > 0)
    changed = torch.where(weights > 0, targets, 1e6)
    torch.testing.assert_close(WeightedLoss(kind)(outputs, changed, weights), loss)


@pytest.mark.parametrize("kind", [*KINDS, "log_loss"])
def test_nothing_there_is_zero(values, kind):
    outputs, targets = values
    targets = targets[:, :1].clamp(0, 1).round() if kind == "log_loss" else targets
    loss = WeightedLoss(kind)(outputs, targets, torch.zeros_like(targets))
    loss.backward()
    assert loss == 0
    assert not outputs.grad.any()


@pytest.mark.parametrize("shape", [(6,), (6, 1), (1, 2), (2, 6)])
@pytest.mark.parametrize("kind", KINDS)
def test_shapes_never_broadcast(values, kind, shape):
    with pytest.raises(ValueError, match="shape"):
        WeightedLoss(kind)(values[0], torch.zeros(shape), torch.ones(shape))


def test_log_loss_is_torchs_cross_entropy():
    generator = torch.Generator().manual_seed(0)
    outputs = torch.randn(6, 3, generator=generator)
    classes = torch.tensor([0, 1, 2, 2, 1, 0])
    counts = torch.tensor([1, 0, 2, 1, 3, 1])
    loss = WeightedLoss("log_loss")(
        outputs, classes.float().unsqueeze(1), counts.float().unsqueeze(1)
    )
    expected = functional.cross_entropy(
        outputs.repeat_interleave(counts, 0),
        classes.repeat_interleave(counts),
        reduction="sum",
    )
    torch.testing.assert_close(loss, expected)


@pytest.mark.parametrize("kind", KINDS)
def test_pieces_add_up(values, kind):
    loss, weights = WeightedLoss(kind), torch.rand(6, 2)
    parts = [
        loss(*(v[rows] for v in (*values, weights))) for rows in (slice(2), slice(2, 6))
    ]
    torch.testing.assert_close(sum(parts), loss(*values, weights))
