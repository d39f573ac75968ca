"""How exactly products of matrices are computed, and by which library."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from threading import Lock
from typing import Any

import torch

_SIZE = 256  # of the matrices that are tried
_ROUNDING = 1e-5  # float32 leaves 1e-6 in products of that size, bfloat16 1e-3


class _Setting:
    """A setting of the whole process, changed for as long as some thread needs it.

    Since torch 2.9 a setting that was never made follows a more general one, whose
    value it then shows, and goes back to following. One that was made, to the same
    value, cannot be told from it.
    """

    def __init__(self, owner: Any, name: str, followed: Any = None):
        self.owner = owner
        self.name = name
        self.followed = followed
        self._lock = Lock()
        self._before: Any = None
        self._needed: list[Any] = []  # values, of all threads that are in here

    @contextmanager
    def at(self, value: Any) -> Iterator[None]:
        """Change it, and leave it as those who still need it want it, or as it was."""
        with self._lock:
            if not self._needed:
                self._before = self._own_value()
            self._needed.append(value)
            setattr(self.owner, self.name, value)
        try:
            yield
        finally:
            with self._lock:
                self._needed.remove(value)
                left = [self._before, *self._needed]
                setattr(self.owner, self.name, left[-1])

    def _own_value(self) -> Any:
        value = getattr(self.owner, self.name)
        if self.followed is not None and value == getattr(self.followed, self.name):
            return "none"
        return value


_CUDA, _MKLDNN = torch.backends.cuda.matmul, torch.backends.mkldnn
# The older setting raises an error once somebody has used the newer one.
_TF32_VALUES: dict[bool, Any]
if hasattr(_CUDA, "fp32_precision"):
    _TF32 = _Setting(_CUDA, "fp32_precision", followed=torch.backends.cudnn)
    _TF32_VALUES = {True: "tf32", False: "ieee"}
else:
    _TF32 = _Setting(_CUDA, "allow_tf32")
    _TF32_VALUES = {True: True, False: False}
# Of torch 2.9 and later. "bf16" is what it takes to have products of float32 computed
# by oneDNN, which then may round to bfloat16 but does not on every processor.
_ONEDNN = _Setting(getattr(_MKLDNN, "matmul", None), "fp32_precision", followed=_MKLDNN)


def products(precision: str, device: str) -> AbstractContextManager[None]:
    """Compute products of matrices as `precision` says; leave torch as it was after.

    On a CPU they are left to oneDNN where it is as exact as MKL, which torch would ask
    and which takes twice the time on an AMD EPYC with AVX-512.

    Parameters
    ----------
    precision : {"float32", "tf32", "bfloat16"}
        As for `GraphNet`; "bfloat16" is up to autocasting, whatever the products.
    device : str
        Where to compute.
    """
    if torch.device(device).type != "cpu":
        return _TF32.at(_TF32_VALUES[precision == "tf32"])
    return _ONEDNN.at("bf16") if _onednn_is_exact() else nullcontext()


@cache
def _onednn_is_exact() -> bool:
    """Whether the products of oneDNN are those of float32 on this machine."""
    if _ONEDNN.owner is None or not torch.backends.mkldnn.is_available():
        return False
    numbers = torch.Generator().manual_seed(0)
    left, right = torch.randn(2, _SIZE, _SIZE, generator=numbers)
    with _ONEDNN.at("bf16"):
        found = left @ right
    exact = left.double() @ right.double()
    return bool((found - exact).abs().max() < _ROUNDING * exact.abs().max())
