"""How all kernels are compiled."""

from collections.abc import Callable
from typing import Any

from numba import njit


def kernel(function: Callable[..., Any]) -> Any:
    """Compile without the interpreter's lock, once for all processes.

    With numpy's rules a division by zero is no exception, and need not be looked for.
    """
    return njit(cache=True, nogil=True, error_model="numpy")(function)


def leaf(function: Callable[..., Any]) -> Any:
    """Compile a kernel that makes no arrays and returns none, and calls no other kind.

    Nothing is lost by not counting references then, and up to half of the time won.
    """
    uncounted: dict[str, Any] = {"_nrt": False}
    try:
        return njit(cache=True, nogil=True, error_model="numpy", **uncounted)(function)
    except KeyError:  # numba does not promise to keep this option
        return kernel(function)
