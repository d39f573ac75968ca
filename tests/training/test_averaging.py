"""The moving average of the weights."""

import pytest
import torch
from torch import nn

from sk_knagcn.training.averaging import WeightAverage


@pytest.fixture
def module():
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))


def drift(module, step):
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(step)


def values(module):
    return [p.detach().clone() for p in module.parameters()]


@pytest.mark.parametrize("decay", [0.5, 0.99])
def test_average_is_an_exponential_one_that_begins_short(module, decay):
    average = WeightAverage(module, decay)
    expected = None
    for n in range(1, 20):
        drift(module, n)
        average.update(n)
        now, kept = values(module), min(decay, n / (n + 9))
        if expected is None:
            expected = now
        pairs = zip(expected, now, strict=True)
        expected = [kept * e + (1 - kept) * v for e, v in pairs]
    torch.testing.assert_close(average.average, expected)


@pytest.mark.parametrize("n_steps", [4, 40, 400])
def test_an_average_is_one_of_the_end(module, n_steps):
    average = WeightAverage(module, 0.99)
    for n in range(1, n_steps + 1):
        for parameter in module.parameters():
            nn.init.constant_(parameter, n)
        average.update(n)
    age = n_steps - average.average[0].mean().item()
    assert 0 < age < 1 + n_steps / 9


def test_applied_within_the_context_and_only_there(module):
    average = WeightAverage(module, 0.5)
    average.update(1)
    before = values(module)
    drift(module, 1.0)
    after = values(module)
    within = []

    def fail():
        with average.applied():
            within.extend(values(module))
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert all(map(torch.equal, within, before))
    assert all(map(torch.equal, values(module), after))
    assert all(map(torch.equal, average.average, before))


def test_before_the_first_step_there_is_nothing_to_apply(module):
    average = WeightAverage(module, 0.5)
    before = values(module)
    with average.applied():
        assert all(map(torch.equal, values(module), before))
    average.swap()
    assert all(map(torch.equal, values(module), before))


def test_the_average_is_a_copy(module):
    average = WeightAverage(module, 0.5)
    average.update(1)
    kept = [a.clone() for a in average.average]
    drift(module, 1.0)
    assert all(map(torch.equal, average.average, kept))


def test_buffers_are_left_alone(module):
    average = WeightAverage(module, 0.5)
    average.update(1)
    module(torch.randn(8, 3))
    running = module[1].running_mean.clone()
    with average.applied():
        assert torch.equal(module[1].running_mean, running)
