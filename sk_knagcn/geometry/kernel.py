"""How all kernels are compiled."""

import logging
from collections.abc import Callable
from typing import Any

from numba import njit
from numba.core import event
from numba.core.registry import cpu_target

_PACKAGE = __name__.partition(".")[0]


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


class _Notice(event.Listener):
    """Tells, once in a process, why nothing seems to happen: a kernel is compiled."""

    is_given = False

    def on_start(self, event: event.Event) -> None:
        dispatcher = (event.data or {}).get("dispatcher")
        module = getattr(getattr(dispatcher, "py_func", None), "__module__", "")
        if not self.is_given and module.partition(".")[0] == _PACKAGE:
            self.is_given = True
            logging.getLogger(_PACKAGE).warning(
                "numba compiles the kernels of %s. That takes up to three minutes, and "
                "is done once for this machine.",
                _PACKAGE,
            )

    def on_end(self, event: event.Event) -> None:
        """Nothing more to say."""


event.register("numba:compile", _Notice())
