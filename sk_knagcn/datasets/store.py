"""Structures as one file of plain arrays."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from sk_knagcn.datasets.assembly import make_structure

if TYPE_CHECKING:
    from pymatgen.core import Structure

_VERSION = 1


def save_structures(
    path: Path, names: Sequence[str], structures: Sequence[Structure]
) -> None:
    """Write ordered structures; the file appears only when it is complete.

    Parameters
    ----------
    path : Path
        The file; folders above it are made.
    names : sequence of str
        What the structures are called.
    structures : sequence of Structure
        Elements, coordinates and cells are kept, nothing else.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with partial.open("wb") as file:
            np.savez_compressed(
                file,
                version=np.array(_VERSION),
                names=np.array(names, dtype=str),
                sizes=np.array([len(structure) for structure in structures]),
                cells=np.array([structure.lattice.matrix for structure in structures]),
                numbers=np.concatenate([s.atomic_numbers for s in structures]).astype(
                    np.uint8
                ),
                fractions=np.concatenate([s.frac_coords for s in structures]),
            )
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


class StoredStructures:
    """What `save_structures` wrote; no code in the file is run.

    Structures are made when they are asked for.

    Parameters
    ----------
    path : Path
        The file.
    """

    def __init__(self, path: Path):
        try:
            with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
            self._check(arrays)
        except (BadZipFile, EOFError, KeyError, OSError, ValueError) as error:
            raise ValueError(
                f"{path} cannot be read: {error}. Delete it, and it is made anew."
            ) from error
        self._sizes = arrays["sizes"]
        self._ends = self._sizes.cumsum()
        self._cells, self._numbers = arrays["cells"], arrays["numbers"]
        self._fractions = arrays["fractions"]
        self._row = {str(name): i for i, name in enumerate(arrays["names"])}

    @staticmethod
    def _check(arrays: dict[str, NDArray[Any]]) -> None:
        if arrays["version"] != _VERSION:
            raise ValueError(f"it has version {arrays['version']} of the format")
        n, n_atoms = len(arrays["names"]), int(arrays["sizes"].sum())
        shapes = {
            "sizes": (n,),
            "cells": (n, 3, 3),
            "numbers": (n_atoms,),
            "fractions": (n_atoms, 3),
        }
        for name, shape in shapes.items():
            if arrays[name].shape != shape:
                raise ValueError(f"{name} has shape {arrays[name].shape}")

    def __contains__(self, name: object) -> bool:
        """Whether there is a structure of this name."""
        return name in self._row

    def size(self, name: str) -> int:
        """Count the atoms of a structure."""
        return int(self._sizes[self._row[name]])

    def __getitem__(self, name: str) -> Structure:
        """Make a structure."""
        from pymatgen.core import Lattice

        i = self._row[name]
        atoms = slice(self._ends[i] - self._sizes[i], self._ends[i])
        return make_structure(
            Lattice(self._cells[i]), self._numbers[atoms], self._fractions[atoms]
        )
