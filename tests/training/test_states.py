"""The state of a training comes back from bytes as it was."""

import json
import math
from hashlib import blake2b

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save

from sk_knagcn.training.states import pack_state, unpack_state

PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False)
KEYS = st.integers() | st.text(max_size=5)
STATES = st.recursive(
    PLAIN | st.text(max_size=9),
    lambda some: st.lists(some, max_size=3) | st.dictionaries(KEYS, some, max_size=3),
    max_leaves=9,
)


@given(STATES)
def test_plain_values_come_back(state):
    assert unpack_state(pack_state(state)) == state


@pytest.mark.parametrize(
    "tensor",
    [
        torch.tensor(7.0),
        torch.empty(0, 3),
        torch.arange(6).reshape(2, 3).T,
        torch.Generator().get_state(),
        torch.tensor([math.nan, -math.inf], dtype=torch.float64),
        torch.tensor([True, False]),
        torch.ones(3, dtype=torch.bfloat16),
    ],
    ids=lambda t: f"{t.dtype}",
)
def test_tensors_come_back(tensor):
    (again,) = unpack_state(pack_state((tensor,)))
    assert again.dtype == tensor.dtype
    assert again.shape == tensor.shape
    assert torch.equal(again.nan_to_num(), tensor.nan_to_num())


def test_tensors_that_share_their_memory_come_back():
    whole = torch.arange(4.0)
    state = {0: whole, "half": whole[2:], "again": whole}
    found = unpack_state(pack_state(state))
    assert found.keys() == state.keys()
    assert all(torch.equal(found[name], state[name]) for name in state)


@pytest.mark.parametrize(
    "plan",
    [{"tensor": "9"}, {"tensor": []}, {"else": 1}, {"items": [[[], 1]]}, {"items": 3}],
    ids=str,
)
def test_a_wrong_plan_is_refused(plan):
    text = torch.frombuffer(bytearray(json.dumps(plan).encode()), dtype=torch.uint8)
    values = save({"plan": text})
    with pytest.raises(ValueError, match="it holds no state"):
        unpack_state(blake2b(values, digest_size=16).digest() + values)


@pytest.mark.parametrize("content", [b"", b"short", bytes(200)], ids=len)
def test_other_bytes_are_refused(content):
    with pytest.raises(ValueError, match="digest"):
        unpack_state(content)


def test_bytes_that_are_no_safetensors_are_refused():
    values = bytes(range(200))
    with pytest.raises(ValueError, match="it holds no state"):
        unpack_state(blake2b(values, digest_size=16).digest() + values)
