"""The state of a training as bytes that hold tensors and plain values, and no code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

_DIGEST_SIZE = 16
_DENSE = torch.contiguous_format
_TENSOR, _MAPPING, _PLAN = "tensor", "items", "plan"


def pack_state(state: Any) -> bytes:
    """Write nested mappings, lists, tensors, numbers, words, True, False and None.

    Parameters
    ----------
    state : object
        Keys of mappings may be numbers. Tuples come back as lists.

    Returns
    -------
    bytes
        A digest, then safetensors; one of these is all the rest, as JSON.
    """
    tensors: dict[str, Tensor] = {}
    plan = json.dumps(_take_out(state, tensors)).encode()
    values = save(
        {**tensors, _PLAN: torch.frombuffer(bytearray(plan), dtype=torch.uint8)}
    )
    return _digest(values) + values


def unpack_state(content: bytes) -> Any:
    """Read what `pack_state` wrote; anything else is a ValueError.

    Parameters
    ----------
    content : bytes
        The whole of it.

    Returns
    -------
    object
        The state, its tensors on the CPU.
    """
    digest, values = content[:_DIGEST_SIZE], content[_DIGEST_SIZE:]
    if digest != _digest(values):
        raise ValueError("its contents do not match its digest")
    try:
        tensors = load(values)
        plan = json.loads(tensors[_PLAN].numpy().tobytes())
        return _put_back(plan, tensors)
    except (SafetensorError, LookupError, TypeError, RecursionError) as error:
        raise ValueError(f"it holds no state ({error})") from error


def _take_out(value: Any, tensors: dict[str, Tensor]) -> Any:
    """The value with names in place of its tensors."""
    if isinstance(value, Tensor):
        name = str(len(tensors))
        tensors[name] = value.detach().cpu().clone(memory_format=_DENSE)
        return {_TENSOR: name}
    if isinstance(value, Mapping):
        # Pairs, because JSON would make words of keys that are numbers.
        return {_MAPPING: [[key, _take_out(v, tensors)] for key, v in value.items()]}
    if isinstance(value, list | tuple):
        return [_take_out(item, tensors) for item in value]
    return value


def _put_back(value: Any, tensors: dict[str, Tensor]) -> Any:
    if isinstance(value, list):
        return [_put_back(item, tensors) for item in value]
    if not isinstance(value, dict):
        return value
    if _TENSOR in value:
        return tensors[value[_TENSOR]]
    return {key: _put_back(item, tensors) for key, item in value[_MAPPING]}


def _digest(values: bytes) -> bytes:
    return blake2b(values, digest_size=_DIGEST_SIZE).digest()
