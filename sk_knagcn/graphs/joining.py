"""Which graphs may share a container: those made alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from sk_knagcn.graphs.columns import Columns, names_of
from sk_knagcn.graphs.graph import GraphSettings


class _Part(Protocol):
    """A graph, or a container of graphs."""

    @property
    def settings(self) -> GraphSettings: ...
    @property
    def columns(self) -> Columns | None: ...


def common_settings(parts: Sequence[_Part]) -> GraphSettings:
    """The settings of all parts; an error where settings or descriptors differ."""
    if not parts:
        raise ValueError("no graphs to join. Pass at least one.")
    first, names = parts[0].settings, names_of(parts[0].columns)
    for i, part in enumerate(parts):
        if part.settings != first:
            raise ValueError(
                f"graphs made with different settings cannot be joined: 0 has {first}, "
                f"{i} has {part.settings}."
            )
        if names_of(part.columns) != names:
            raise ValueError(
                f"graphs with different descriptors cannot be joined: 0 has {names}, "
                f"{i} has {names_of(part.columns)}."
            )
    return first
