"""Courses of the learning rate."""

from itertools import pairwise

import pytest

from sk_knagcn.training.schedule import learning_rate_factor

N = 1000


def course(schedule, n_steps=N):
    return [learning_rate_factor(schedule, s, n_steps, 0) for s in range(n_steps)]


@pytest.mark.parametrize("schedule", ["onecycle", "linear", "step", "constant"])
@pytest.mark.parametrize("n_steps", [1, 2, 3, N])
def test_between_zero_and_one_and_never_idle(schedule, n_steps):
    factors = course(schedule, n_steps)
    assert min(factors) > 0
    assert max(factors) <= 1


@pytest.mark.parametrize("schedule", ["onecycle", "linear", "step", "constant"])
def test_no_steps_and_too_many_are_no_error(schedule):
    for step, n_steps in [(0, 0), (5, 0), (N + 1, N)]:
        assert 0 <= learning_rate_factor(schedule, step, n_steps, 0) <= 1


def test_onecycle_goes_up_once_and_down_once_without_a_jump():
    factors = course("onecycle")
    top = factors.index(max(factors))
    assert factors[top] == pytest.approx(1)
    assert factors[: top + 1] == sorted(factors[: top + 1])
    assert factors[top:] == sorted(factors[top:], reverse=True)
    jumps = [abs(b - a) for a, b in pairwise(factors)]
    assert max(jumps) < 10 / N
    assert factors[-1] < 1e-3


def test_linear_is_a_straight_line_to_zero():
    assert course("linear") == pytest.approx([1 - s / N for s in range(N)])


def test_step_is_a_tenth_after_every_fifty_epochs():
    factors = [learning_rate_factor("step", 0, N, epoch) for epoch in range(150)]
    assert factors == pytest.approx([1.0] * 50 + [0.1] * 50 + [0.01] * 50)


def test_constant_is_constant():
    assert set(course("constant")) == {1.0}
