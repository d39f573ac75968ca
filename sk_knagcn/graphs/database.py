"""Graphs and neighbour lists on disk: how they are taken apart and put together."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from sk_knagcn.geometry.neighbors import Neighbors
from sk_knagcn.graphs.checks import check_graph, check_neighbors, check_settings
from sk_knagcn.graphs.graph import CrystalGraph, GraphSettings
from sk_knagcn.storage import Database

_FILE = "graphs.sqlite"

Value = Neighbors | CrystalGraph


def open_database(folder: Path) -> Database[Value]:
    """The database of graphs in a folder; neither need be there yet."""
    return Database(folder / _FILE, "graphs", take_apart, assemble, reach)


def reach(value: Value) -> int:
    """Neighbour lists may be replaced by longer ones only."""
    return value.k if isinstance(value, Neighbors) else value.settings.k


def take_apart(value: Value) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give the settings of a value and its arrays."""
    if isinstance(value, Neighbors):
        arrays = {"start": value.start, "index": value.index, "image": value.image}
        return {"k": value.k}, arrays
    return {"settings": asdict(value.settings)}, value.arrays()


def assemble(header: dict[str, Any], arrays: dict[str, Any]) -> Value:
    """Make the value again from what `take_apart` gave, and look at every number."""
    if "settings" in header:
        settings = GraphSettings(**header["settings"])
        check_settings(settings)
        graph = CrystalGraph(settings=settings, **arrays)
        check_graph(graph)
        return graph
    rows = Neighbors(**arrays, k=header["k"])
    check_neighbors(rows)
    return rows
