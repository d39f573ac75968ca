"""The graphs of a stream of structures, written to a folder as they are built."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Sequence
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Any

from tqdm.auto import tqdm

from sk_knagcn.graphs.container import CrystalGraphs
from sk_knagcn.graphs.graph import GraphSettings
from sk_knagcn.graphs.growing import GrowingFolder, first_reason
from sk_knagcn.structures import Crystal
from sk_knagcn.structures.door import Reading, iterate

# Atoms of structures that are in memory at once: their graphs take some ten megabytes.
_PART_ATOMS = 50_000

# Crystals, the items that they were read from, and the place of the first of them.
Build = Callable[[list[Crystal], list[Any], int], CrystalGraphs]
Row = tuple[int, Crystal, Any]


def write_graphs(
    X: Any,
    path: Path,
    build: Build,
    settings: GraphSettings,
    *,
    identity: str,
    on_disorder: str,
    skip: bool,
    overwrite: bool,
    verbose: int,
) -> dict[int, str]:
    """Write the graphs part by part; go on where an earlier run was killed.

    Returns what is wrong with the structures that were left out, by their places.
    """
    stream, done = iterate(X), 0
    total = len(X) if hasattr(X, "__len__") else None
    with (
        GrowingFolder(path, settings, identity, overwrite=overwrite) as folder,
        tqdm(total=total, desc="graphs", unit="structure", disable=not verbose) as bar,
    ):
        checked = False
        for part in list(folder.parts):
            items = list(islice(stream, part.structures))
            crystals = Reading(items, on_disorder, done).each() if items else []
            folder.check(part, len(items), _digest(crystals))
            if part.names and not checked:
                rows = _rows(crystals, items, done, part.refused)
                for place, crystal, item in rows[:1]:
                    folder.check_descriptors(build([crystal], [item], place))
                checked = bool(rows)
            if part.refused and not skip:
                raise ValueError(
                    f"an earlier run left out {len(part.refused)} structures of those "
                    f"from {done} on: {first_reason(part.refused)}. Pass "
                    f"on_error='skip' again, or delete {folder.folder} to start over."
                )
            done += len(items)
            bar.update(len(items))
        for items in _cut(stream):
            reading = Reading(items, on_disorder, done)
            crystals = reading.each()
            if not skip:
                reading.check()
            refused = reading.problems
            rows = _rows(crystals, items, done)
            parts = _build(rows, build, refused if skip else None)
            folder.append(
                CrystalGraphs.concatenate(parts) if parts else None,
                structures=len(items),
                digest=_digest(crystals),
                refused=dict(sorted(refused.items())),
            )
            done += len(items)
            bar.update(len(items))
        return folder.finish()


def _rows(
    crystals: Sequence[Crystal | None],
    items: Sequence[Any],
    first: int,
    refused: Container[str] = (),
) -> list[Row]:
    """What can be used, with its places."""
    return [
        (place, crystal, item)
        for place, (crystal, item) in enumerate(
            zip(crystals, items, strict=True), start=first
        )
        if crystal is not None and str(place) not in refused
    ]


def _cut(stream: Iterator[Any]) -> Iterator[list[Any]]:
    """Lists of as many items as may be in memory at once."""
    part: list[Any] = []
    atoms = 0
    for item in stream:
        part.append(item)
        atoms += max(1, len(item) if hasattr(item, "__len__") else 0)
        if atoms >= _PART_ATOMS:
            yield part
            part, atoms = [], 0
    if part:
        yield part


def _digest(crystals: Sequence[Crystal | None]) -> str:
    state = blake2b(digest_size=16)
    for crystal in crystals:
        state.update(b"-" if crystal is None else crystal.digest())
    return state.hexdigest()


def _build(
    rows: list[Row], build: Build, refused: dict[int, str] | None
) -> list[CrystalGraphs]:
    """Build graphs; halve again and again to find those that it fails for."""
    if not rows:
        return []
    places, crystals, items = map(list, zip(*rows, strict=True))
    try:
        return [build(crystals, items, places[0])]
    except (TypeError, ValueError) as error:
        if refused is None:
            raise
        if len(rows) == 1:
            refused[places[0]] = str(error)
            return []
    half = len(rows) // 2
    return _build(rows[:half], build, refused) + _build(rows[half:], build, refused)
