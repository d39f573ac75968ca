"""Nothing on the terminal: neither Python's output and warnings nor that of C code.

spglib writes to the process's output directly, where neither Python's warning filters
nor a replaced `sys.stdout` reach.
"""

from __future__ import annotations

import os
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from pathlib import Path

# Where output goes and which warnings are shown belong to the process: threads take
# turns, or one would put back what another has sent away.
TURN = threading.RLock()


@contextmanager
def silence() -> Iterator[None]:
    """Send everything that is written meanwhile, by whatever means, nowhere."""
    with TURN:
        yield from _silence()


def _silence() -> Iterator[None]:
    _flush()
    saved: list[tuple[int, int]] = []
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        try:
            for stream in (1, 2):
                with suppress(OSError):  # closed, as in a service
                    saved.append((stream, os.dup(stream)))
                    os.dup2(nowhere.fileno(), stream)
            with (
                redirect_stdout(nowhere),
                redirect_stderr(nowhere),
                warnings.catch_warnings(),
            ):
                warnings.simplefilter("ignore")
                yield
        finally:
            _flush()  # what C holds back still goes nowhere
            for stream, copy in saved:
                os.dup2(copy, stream)
                os.close(copy)


def _flush() -> None:
    """Write out what Python and the C library have buffered."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, OSError, ValueError):  # None, broken or closed
            stream.flush()
    with suppress(AttributeError, OSError, TypeError, ImportError):
        import ctypes

        library = ctypes.cdll.msvcrt if os.name == "nt" else ctypes.CDLL(None)
        library.fflush(None)
