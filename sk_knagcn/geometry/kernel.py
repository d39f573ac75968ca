"""How all kernels are compiled."""

from collections.abc import Callable
from typing import Any

from numba import njit
from numba.core.registry import cpu_target


def kernel(function: Callable[..., Any]) -> Any:
    """Compile without the interpreter's lock, once for all processes.

    With numpy's rules a division by zero is no exception, and need not be looked for.
    """
    return njit(cache=True, nogil=True, error_model="numpy")(function)


def leaf(function: Callable[..., Any]) -> Any:
    """Compile a kernel that makes no arrays and returns none, and calls no other kind.

    Nothing is lost by not counting references then, and up to half of the time won.
    """
    # numba does not promise to keep this option; without it the result is the same.
    uncounted: dict[str, Any] = (
        {"_nrt": False} if hasattr(cpu_target.options, "_nrt") else {}
    )
    return njit(cache=True, nogil=True, error_model="numpy", **uncounted)(function)
