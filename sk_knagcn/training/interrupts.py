"""Who raised a KeyboardInterrupt: a callback that ends training, or one outside."""

from __future__ import annotations

import dis
import signal
from collections.abc import Iterator
from functools import partial
from inspect import isfunction, isroutine
from types import CodeType, FrameType
from typing import Any


def was_raised_by_callback(error: KeyboardInterrupt) -> bool:
    """Whether code asked for it, as skorch's `EarlyStopping` does.

    Python raises it between any two instructions when somebody presses a key; a handler
    of signals, as those of batch systems and asyncio, raises it as callbacks do.

    Parameters
    ----------
    error : KeyboardInterrupt
        While it is being handled.

    Returns
    -------
    bool
        False for what comes from outside.
    """
    handlers = set(_handlers())
    frame: FrameType | None = None
    instruction = -1
    trace = error.__traceback__
    while trace is not None:
        frame, instruction = trace.tb_frame, trace.tb_lasti
        if frame.f_code in handlers:
            return False
        trace = trace.tb_next
    if frame is None:  # never while it is being handled
        return False
    return dis.opname[frame.f_code.co_code[instruction]] == "RAISE_VARARGS"


def _handlers() -> Iterator[CodeType]:
    """The code of everything that Python calls when a signal comes."""
    for number in signal.valid_signals():
        handler: Any = signal.getsignal(number)
        while isinstance(handler, partial):
            handler = handler.func
        if not isroutine(handler) and callable(handler):
            handler = handler.__call__
        function = getattr(handler, "__func__", handler)  # of a method
        if isfunction(function):
            yield function.__code__
