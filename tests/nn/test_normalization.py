"""Batch normalisation with weights is batch normalisation of repeated rows."""

import pytest
import torch
from torch import nn

from sk_knagcn.nn.normalization import WeightedBatchNorm

WEIGHTS = torch.tensor([1, 3, 2, 1, 4, 0, 2])


@pytest.fixture
def rows():
    generator = torch.Generator().manual_seed(0)
    return 3 * torch.randn(len(WEIGHTS), 5, generator=generator) + 1


def trained(norm, *inputs, steps=3):
    """The norm after some batches, each the last one shifted."""
    for step in range(steps):
        norm(inputs[0] + step, *inputs[1:])
    return norm


def repeated(values):
    return values.repeat_interleave(WEIGHTS, dim=0)


def test_in_training_as_torchs_on_repeated_rows(rows):
    ours, torchs = WeightedBatchNorm(5), nn.BatchNorm1d(5)
    values, copies = rows.requires_grad_(), repeated(rows.detach()).requires_grad_()
    out, expected = ours(values, WEIGHTS.float()), torchs(copies)
    torch.testing.assert_close(repeated(out), expected)
    # Gradients too, added up over the copies of a row.
    slope = torch.linspace(-1, 1, 5) + torch.arange(len(rows)).unsqueeze(1) % 3
    (out * slope * WEIGHTS.unsqueeze(1)).sum().backward()
    (expected * repeated(slope)).sum().backward()
    added = torch.zeros(len(rows), 5).index_add_(
        0, repeated(torch.arange(len(rows)).unsqueeze(1)).flatten(), copies.grad
    )
    torch.testing.assert_close(values.grad, added, atol=1e-5, rtol=1e-4)


def test_running_statistics_as_torchs_on_repeated_rows(rows):
    ours = trained(WeightedBatchNorm(5), rows, WEIGHTS.float())
    torchs = trained(nn.BatchNorm1d(5), repeated(rows))
    torch.testing.assert_close(ours.running_mean, torchs.running_mean)
    # torch divides by n - 1 what it keeps and by n what it uses. Both will do.
    n = int(WEIGHTS.sum())
    kept, start = ours.running_var, 0.9**3
    biased = start + (torchs.running_var - start) * (n - 1) / n
    assert torch.allclose(kept, biased) or torch.allclose(kept, torchs.running_var)


def test_in_evaluation_as_torchs_with_the_same_statistics(rows):
    ours = trained(WeightedBatchNorm(5), rows, WEIGHTS.float()).eval()
    torchs = nn.BatchNorm1d(5).eval()
    torchs.load_state_dict(ours.state_dict() | {"num_batches_tracked": torch.tensor(3)})
    torch.testing.assert_close(ours(rows, WEIGHTS.float()), torchs(rows))


def test_rows_without_weight_count_for_nothing(rows):
    changed = rows.clone()
    changed[WEIGHTS == 0] = 1e3
    kept = WEIGHTS > 0
    first, second = WeightedBatchNorm(5), WeightedBatchNorm(5)
    torch.testing.assert_close(
        first(rows, WEIGHTS.float())[kept], second(changed, WEIGHTS.float())[kept]
    )
    torch.testing.assert_close(first.running_var, second.running_var)


def test_evaluation_changes_no_statistics(rows):
    norm = WeightedBatchNorm(5).eval()
    before = {name: value.clone() for name, value in norm.state_dict().items()}
    norm(rows, WEIGHTS.float())
    assert all(torch.equal(before[n], v) for n, v in norm.state_dict().items())


def test_what_never_varied_in_training_is_not_blown_up(rows):
    norm = WeightedBatchNorm(5)
    norm.running_var.zero_()
    norm.eval()
    torch.testing.assert_close(norm(rows, WEIGHTS.float()), rows, rtol=1e-5, atol=0)


def test_a_single_row_is_finite(rows):
    out = WeightedBatchNorm(5)(rows[:1], torch.ones(1))
    assert torch.equal(out, torch.zeros(1, 5))
