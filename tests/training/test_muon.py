"""Muon: what it does to matrices, and that it leaves other weights to Adam."""

import pickle
from copy import deepcopy

import pytest
import torch
from torch import nn

from sk_knagcn.training import Muon
from sk_knagcn.training.muon import is_matrix, orthogonal


def draw(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def stepped(cls, weights, gradients, **kwargs):
    """Copies of weights after steps along gradients, one for each step."""
    weights = [nn.Parameter(weight.clone()) for weight in weights]
    optimizer = cls(weights, lr=1e-2, **kwargs)
    for of_a_step in gradients:
        for weight, gradient in zip(weights, of_a_step, strict=True):
            weight.grad = None if gradient is None else gradient.clone()
        optimizer.step()
    return [weight.detach() for weight in weights]


@pytest.mark.parametrize("shape", [(3, 8, 8), (2, 30, 4), (1, 4, 30)])
def test_all_directions_get_one_length(shape):
    matrices = 100 * draw(*shape)
    u, _, v = torch.linalg.svd(matrices, full_matrices=False)
    out = torch.stack(orthogonal(matrices))
    # The same directions, with singular values near to 1.
    middle = u.mT @ out @ v.mT
    values = middle.diagonal(dim1=1, dim2=2)
    assert (middle - torch.diag_embed(values)).abs().max() < 1e-3
    assert 0.3 < values.min() < values.max() < 1.3


def test_a_gradient_of_zero_is_no_step():
    weights = [draw(4, 4)]
    (after,) = stepped(Muon, weights, [[torch.zeros(4, 4)]], weight_decay=0.0)
    assert torch.equal(after, weights[0])


def test_the_size_of_the_gradient_does_not_matter():
    weights, gradient = [draw(6, 9)], draw(6, 9, seed=1)
    (small,) = stepped(Muon, weights, [[1e-3 * gradient]])
    (large,) = stepped(Muon, weights, [[1e3 * gradient]])
    torch.testing.assert_close(small, large)


@pytest.mark.parametrize("shape", [(64, 64), (64, 320), (16, 8)])
def test_steps_are_about_as_long_as_adams(shape):
    # At the same rate, so that both kinds of weights learn together.
    weight, gradient = [torch.zeros(shape)], [[draw(*shape)]]
    (step,) = stepped(Muon, weight, gradient, weight_decay=0.0)
    length = step.square().mean().sqrt() / 1e-2
    assert 0.1 < length < 0.3


def test_other_weights_are_adams():
    weights = [draw(5), draw(1, 7), draw(2, 3, 4)]
    gradients = [[draw(*w.shape, seed=seed) for w in weights] for seed in range(3)]
    assert not any(is_matrix(weight) for weight in weights)
    ours, adams = (
        stepped(cls, weights, gradients) for cls in (Muon, torch.optim.AdamW)
    )
    assert all(torch.equal(a, b) for a, b in zip(ours, adams, strict=True))


@pytest.mark.parametrize("other", [(4, 6), (4, 30), (9, 4), (4, 4)])
def test_matrices_stepped_at_once_do_not_see_each_other(other):
    weights = [draw(4, 6), 100 * draw(*other, seed=1)]
    gradients = [draw(4, 6, seed=2), 100 * draw(*other, seed=3)]
    both = stepped(Muon, weights, [gradients])
    for i, together in enumerate(both):
        (alone,) = stepped(Muon, weights[i : i + 1], [gradients[i : i + 1]])
        torch.testing.assert_close(together, alone)


def test_without_a_gradient_nothing_moves():
    weights = [draw(4, 6), draw(4, 6, seed=1)]
    moved, still = stepped(Muon, weights, [[draw(4, 6, seed=2), None]])
    assert not torch.equal(moved, weights[0])
    assert torch.equal(still, weights[1])


@pytest.mark.parametrize("copy", [deepcopy, lambda o: pickle.loads(pickle.dumps(o))])
def test_a_copy_makes_the_same_steps(copy):
    weight = nn.Parameter(draw(4, 6))
    optimizer = Muon([weight], lr=1e-2, momentum=0.5)
    weight.grad = draw(4, 6, seed=1)
    copied = copy(optimizer)
    (twin,) = copied.param_groups[0]["params"]
    twin.grad = weight.grad.clone()
    for one in (optimizer, copied):
        one.step()
    assert torch.equal(weight, twin)


def test_its_state_can_be_kept():
    def start():
        torch.manual_seed(0)
        module = nn.Sequential(nn.Linear(3, 4), nn.SiLU(), nn.Linear(4, 1))
        return module, Muon(module.parameters(), lr=1e-2)

    def step(module, optimizer):
        optimizer.zero_grad()
        module(draw(8, 3)).square().sum().backward()
        optimizer.step()

    with torch.random.fork_rng():
        (first, optimizer), (second, other) = start(), start()
    step(first, optimizer)
    second.load_state_dict(first.state_dict())
    other.load_state_dict(deepcopy(optimizer.state_dict()))
    step(first, optimizer)
    step(second, other)
    for ours, theirs in zip(first.parameters(), second.parameters(), strict=True):
        assert torch.equal(ours, theirs)
