"""Files that are there whole or not at all."""

from __future__ import annotations

import glob
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

_ABANDONED = 3_600  # seconds after which nobody is still writing


@contextmanager
def write_whole(path: Path, what: str) -> Iterator[BinaryIO]:
    """Write beside the file first, then replace it in one stroke.

    Parameters
    ----------
    path : Path
        The file.
    what : str
        What is in it, for messages: "checkpoint".

    Yields
    ------
    file
        Opened for writing bytes.
    """
    who = f"{os.getpid()}-{threading.get_ident()}"  # nobody else's place
    partial = path.with_name(f"{path.name}.{who}.partial")
    try:
        with partial.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        if not path.parent.is_dir():
            raise FileNotFoundError(
                error.errno,
                f"there is no folder for the {what}. Make {path.parent} first",
                str(path),
            ) from error
        raise OSError(
            error.errno,
            f"the {what} cannot be written ({error.strerror or error}). What was "
            "finished before is kept: make room and run the same again",
            str(path),
        ) from error
    finally:
        partial.unlink(missing_ok=True)


def sweep(path: Path) -> None:
    """Remove what killed processes left of a file.

    Parameters
    ----------
    path : Path
        The file; what lies beside it under other names is left alone.
    """
    for left in path.parent.glob(f"{glob.escape(path.name)}.*.partial"):
        with suppress(OSError):  # another one sweeps as well
            if time.time() - left.stat().st_mtime > _ABANDONED:
                left.unlink()
