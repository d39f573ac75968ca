"""Files that are there whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


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
    # The name is always the same: what a killed process left is overwritten.
    partial = path.with_name(f"{path.name}.partial")
    try:
        with partial.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        raise OSError(
            error.errno,
            f"the {what} cannot be written ({error.strerror or error}). What was "
            "finished before is kept: make room and run the same again",
            str(path),
        ) from error
    finally:
        partial.unlink(missing_ok=True)
