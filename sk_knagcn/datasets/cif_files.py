"""Many CIF files at once: in parallel, in order, and none lost without a word."""

from __future__ import annotations

from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from joblib import Parallel, delayed, effective_n_jobs
from tqdm.auto import tqdm

from sk_knagcn.datasets.cif import Listing, read_cif

if TYPE_CHECKING:
    from pymatgen.core import Structure

# Files per task, and tasks per process that are handed out together: enough that the
# handing out costs nothing beside the reading, few enough that whoever wants only the
# first structures does not wait for the last.
_TASK_FILES = 32
_TASKS_AT_ONCE = 4
_LONGEST_REASON = 300


@dataclass(frozen=True, slots=True)
class Refusal:
    """A structure that could not be loaded.

    Parameters
    ----------
    name : str
        The file or entry.
    reason : str
        What is wrong with it.
    """

    name: str
    reason: str


def read_cifs(
    names: Sequence[str],
    sources: Sequence[bytes | Path],
    n_jobs: int | None,
    verbose: int,
) -> Generator[Structure | Refusal]:
    """Read one structure from each file, or from the contents of one.

    What cannot be read becomes a `Refusal`.
    """
    tasks = [
        delayed(_read_some)(names[i : i + _TASK_FILES], sources[i : i + _TASK_FILES])
        for i in range(0, len(sources), _TASK_FILES)
    ]
    at_once = _TASKS_AT_ONCE * effective_n_jobs(n_jobs)
    with tqdm(
        total=len(sources), desc="CIF files", unit="file", disable=not verbose
    ) as bar:
        for i in range(0, len(tasks), at_once):
            for some in Parallel(n_jobs=n_jobs)(tasks[i : i + at_once]):
                for one in some:
                    yield one.to_structure() if isinstance(one, Listing) else one
                bar.update(len(some))


def _read_some(
    names: Sequence[str], sources: Sequence[bytes | Path]
) -> list[Listing | Structure | Refusal]:
    return [_read_one(*one) for one in zip(names, sources, strict=True)]


def _read_one(name: str, source: bytes | Path) -> Listing | Structure | Refusal:
    try:
        if isinstance(source, Path) and source.exists() and not source.is_file():
            raise ValueError("it is no file")  # a pipe would be waited for
        content = source.read_bytes() if isinstance(source, Path) else source
        return read_cif(_decode(content))
    except Exception as error:  # parsers fail in every way there is
        reason = " ".join(str(error).split())
        if type(error) is not ValueError or not reason:
            reason = f"{type(error).__name__} {reason}".rstrip()
        return Refusal(name, f"cannot be read: {reason[:_LONGEST_REASON]}")


def _decode(content: bytes) -> str:
    """The text of a file: UTF-8 or -16, or Latin-1, as old files are.

    What describes the structure is ASCII in all of them; the rest are names and units.
    """
    if content.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return content.decode("utf-16")
    if b"\0" in content:
        raise ValueError(
            "it has zero bytes, so it is no text, or one in UTF-16 that does not say "
            "so. Save it as UTF-8"
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")
