"""What a set of structures holds, whatever form it comes in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import joblib
import numpy as np
from numpy.typing import NDArray

from sk_knagcn.estimators.fingerprint import arrays_of, fingerprint
from sk_knagcn.graphs import as_graphs
from sk_knagcn.structures import as_column, check_structures
from sk_knagcn.structures.crystal import symbol_of

_PLACES = ("numbers", "positions")


@dataclass(frozen=True)
class Contents:
    """Atoms and elements of many structures.

    Parameters
    ----------
    n_atoms : ndarray of shape (n_structures,)
        Atoms of each structure.
    elements : dict of str to int
        How many structures each element is in, the commonest first.
    """

    n_atoms: NDArray[np.int64]
    elements: dict[str, int]


def count_atoms(X: Any) -> NDArray[np.int64]:
    """Atoms of each structure or graph; of split positions those half occupied."""
    graphs = as_graphs(X)
    if graphs is not None:
        return graphs.n_atoms
    crystals = check_structures(X, on_disorder="majority")
    return np.array([len(crystal) for crystal in crystals])


def read_contents(X: Any) -> Contents:
    """Look through structures or graphs."""
    graphs = as_graphs(X)
    if graphs is not None:
        return Contents(graphs.n_atoms, _count_elements(g.species for g in graphs))
    crystals = check_structures(X, on_disorder="majority")
    n_atoms = np.array([len(crystal) for crystal in crystals])
    return Contents(n_atoms, _count_elements(crystal.numbers for crystal in crystals))


def digest_of(X: Any) -> str:
    """The same for the same structures or graphs, and for no others."""
    graphs = as_graphs(X)
    if graphs is not None:
        values: dict[str, Any] = {"settings": graphs.settings}
        if graphs.columns is not None:
            values["columns"] = graphs.columns.names
        return fingerprint(values, arrays_of(graphs))
    crystals = check_structures(X, on_disorder="majority")
    carried = [_carried(item) for item in as_column(X)[:, 0]]
    digests = [crystal.digest().hex() for crystal in crystals]
    return fingerprint({"structures": digests, "sites": carried}, [])


def _count_elements(numbers: Iterable[NDArray[Any]]) -> dict[str, int]:
    counts = Counter(int(z) for found in numbers for z in np.unique(found))
    return {symbol_of(z): count for z, count in counts.most_common()}


def _carried(item: Any) -> str:
    """What a structure carries beside elements and places, for models to look at."""
    if hasattr(item, "species_and_occu"):  # of pymatgen
        sites = (f"{site.species_string}{site.properties or ''}" for site in item)
        whole = getattr(item, "properties", None) or {}, getattr(item, "_charge", None)
        return " ".join([*sites, *(_hash(one) for one in whole if one)])
    if hasattr(item, "info") and hasattr(item, "arrays"):  # of ASE
        more = {k: v for k, v in item.arrays.items() if k not in _PLACES}
        return " ".join(_hash(one) for one in (item.info, more) if one)
    return ""


def _hash(value: Any) -> str:
    try:
        return str(joblib.hash(value))
    except Exception:  # holds something that cannot be pickled
        return repr(value)
