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
def test_average_is_the_exponential_one(module, decay):
    average = WeightAverage(module, decay)
    expected = None
    for step in range(5):
        drift(module, step)
        average.update()
        now = values(module)
        expected = (
            now
            if expected is None
            else [
                decay * e + (1 - decay) * v for e, v in zip(expected, now, strict=True)
            ]
        )
    torch.testing.assert_close(average.average, expected)


def test_applied_within_the_context_and_only_there(module):
    average = WeightAverage(module, 0.5)
    average.update()
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
    average.update()
    kept = [a.clone() for a in average.average]
    drift(module, 1.0)
    assert all(map(torch.equal, average.average, kept))


def test_buffers_are_left_alone(module):
    average = WeightAverage(module, 0.5)
    average.update()
    module(torch.randn(8, 3))
    running = module[1].running_mean.clone()
    with average.applied():
        assert torch.equal(module[1].running_mean, running)
