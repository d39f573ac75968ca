"""Ask a transformer or an estimator whether it is invariant, and see what moved."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone, is_classifier
from tqdm.auto import tqdm

from sk_knagcn.graphs import CrystalGraph, StructureGraphTransformer
from sk_knagcn.invariance.copies import Copy, equivalent_copies
from sk_knagcn.invariance.fingerprint import RandomSlotsNetwork
from sk_knagcn.structures import Crystal, check_structures

if TYPE_CHECKING:
    import pandas as pd

# Two graphs in double precision differ by rounding only; predictions in single
# precision by more, the more so the deeper the network.
_TOLERANCES = {"graphs": 1e-6, "predictions": 1e-3}


@dataclass(frozen=True, slots=True)
class InvarianceReport:
    """What moved when structures were written down differently.

    Attributes
    ----------
    table : pandas.DataFrame
        One row for each structure and operation: ``index``, ``formula``,
        ``operation``, ``output`` (the change in standard deviations over the
        structures, the largest if there are several outputs; infinite from or to what
        is no number) and, for a transformer, ``coordinates`` (the largest change of a
        neighbour's coordinate in its atom's frame, in Angstrom; infinite where another
        element took the slot).
    tolerance : float
        The largest change that counts as none.
    """

    table: pd.DataFrame
    tolerance: float

    @property
    def moved(self) -> pd.DataFrame:
        """The rows of the table in which something moved."""
        changes = self.table.filter(["output", "coordinates"])
        return self.table[(changes > self.tolerance).any(axis=1)]

    @property
    def passed(self) -> bool:
        """Whether nothing moved."""
        return len(self.moved) == 0

    def __str__(self) -> str:
        """Sum up in a table: for each operation how many moved, and by how much."""
        n = self.table["index"].nunique()
        moved = self.moved
        lines = [f"{'operation':20} {'moved':>12} {'largest change':>15}"]
        for operation, rows in self.table.groupby("operation", sort=False):
            count = moved.loc[moved["operation"] == operation, "index"].nunique()
            of = f"{count} of {rows['index'].nunique()}"
            lines.append(f"{operation:20} {of:>12} {rows['output'].max():13.1e} s")
        names = moved.drop_duplicates("index")
        if len(names):
            some = [f"{r.index_} ({r.formula})" for r in _named(names.head(5))]
            more = f" and {len(names) - 5} more" if len(names) > 5 else ""
            lines.append(f"moved: structures {', '.join(some)}{more}")
        else:
            lines.append(f"all {n} structures stay where they are")
        lines.append(f"s: standard deviation over the structures; {self.tolerance=:g}")
        return "\n".join(lines).replace("self.tolerance=", "tolerance ")


def _named(table: pd.DataFrame) -> Any:
    return table.rename(columns={"index": "index_"}).itertuples()


def check_invariance(
    estimator: Any,
    structures: Any,
    *,
    n_rotations: int = 3,
    tolerance: float | None = None,
    random_state: int = 0,
    verbose: int = 0,
) -> InvarianceReport:
    """Write each structure down differently and see whether anything moves.

    Every structure is turned, shifted and re-ordered at random, doubled along one axis
    and along all three, and put into a sheared cell, into one of four times the volume
    (the conventional one of a primitive face-centred cell), and into the Niggli cell.
    For a transformer with ``reflect=True`` it is mirrored as well.

    Parameters
    ----------
    estimator : StructureGraphTransformer or fitted estimator
        Of a transformer the graphs are compared, atom by atom, and what an untrained
        three-layer network makes of them. Of anything with `predict`, the predictions,
        per atom where they grow with the cell (``readout="sum"``, `PerAtomRegressor`);
        of classifiers the probabilities.
    structures : list of structures
        What `check_structures` takes.
    n_rotations : int, default=3
        How many random rotations to try.
    tolerance : float, default=None
        The largest change that counts as none: 1e-6 for graphs (which are compared in
        double precision), 1e-3 standard deviations for predictions.
    random_state : int, default=0
        Seed of rotations, shifts and orders.
    verbose : int, default=0
        Show a progress bar if positive.

    Returns
    -------
    InvarianceReport
        With a `table` of all changes, the rows that `moved`, whether all `passed`, and
        a summary when printed.

    Examples
    --------
    >>> from pymatgen.core import Lattice, Structure
    >>> from sk_knagcn import StructureGraphTransformer, check_invariance
    >>> zinc_blende = Structure.from_spacegroup(
    ...     "F-43m", Lattice.cubic(5.41), ["Zn", "S"], [[0, 0, 0], [0.25] * 3]
    ... )
    >>> iron = Structure(Lattice.cubic(2.87), ["Fe", "Fe"], [[0, 0, 0], [0.5] * 3])
    >>> check_invariance(StructureGraphTransformer(), [zinc_blende, iron]).passed
    True
    >>> paper = StructureGraphTransformer(frames="paper")
    >>> check_invariance(paper, [zinc_blende, iron]).passed
    False
    """
    if tolerance is not None and not tolerance >= 0:
        raise ValueError(f"tolerance must be 0 at least, got {tolerance!r}.")
    if not isinstance(n_rotations, Integral) or n_rotations < 0:
        raise ValueError(f"n_rotations must be a number of turns, got {n_rotations!r}.")
    crystals = check_structures(structures, on_disorder=_on_disorder(estimator))
    rng = np.random.default_rng(random_state)
    if isinstance(estimator, StructureGraphTransformer):
        kind, mirror = "graphs", estimator.reflect and estimator.frames == "canonical"
        compare: Callable[..., list[dict[str, float]]] = _compare_graphs
        originals: list[Any]
        spread: float | NDArray[np.float64]
        originals, spread = _graph_baseline(estimator, crystals)
    elif hasattr(estimator, "predict"):
        kind, mirror = "predictions", False
        compare = _compare_predictions
        predictions = _ask(estimator, crystals)
        # Probabilities are of one kind: what is certain of one class has no spread.
        alike = is_classifier(estimator)
        originals = list(predictions)
        spread = _spread(predictions.ravel() if alike else predictions)
    else:
        raise TypeError(
            f"{type(estimator).__name__} can neither make graphs of structures nor "
            "predict. Pass a StructureGraphTransformer or a fitted estimator."
        )
    rows = []
    for i, crystal in enumerate(tqdm(crystals, "invariance", disable=not verbose)):
        copies = list(equivalent_copies(crystal, rng, n_rotations, mirror=mirror))
        changes = compare(estimator, originals[i], copies, spread)
        named = {"index": i, "formula": crystal.formula}
        for copy, change in zip(copies, changes, strict=True):
            rows.append(named | {"operation": copy.operation} | change)
    import pandas as pd

    limit = _TOLERANCES[kind] if tolerance is None else tolerance
    return InvarianceReport(pd.DataFrame(rows), limit)


def _on_disorder(estimator: Any) -> Any:
    """What the estimator's own transformer does with shared sites."""
    if not hasattr(estimator, "get_params"):
        return "raise"
    chosen = [
        value
        for name, value in estimator.get_params(deep=True).items()
        if name.rpartition("__")[2] == "on_disorder"
    ]
    return "majority" if "majority" in chosen else "raise"


def _exact(transformer: StructureGraphTransformer) -> StructureGraphTransformer:
    """The same transformer in double precision, remembering nothing."""
    exact: StructureGraphTransformer = clone(transformer)
    return exact.set_params(dtype="float64", cache=None, verbose=0, descriptors=None)


def _graph_baseline(
    transformer: StructureGraphTransformer, crystals: Sequence[Crystal]
) -> tuple[list[CrystalGraph], float]:
    graphs = list(_exact(transformer).transform(list(crystals)))
    network = RandomSlotsNetwork(transformer.k)
    return graphs, float(_spread(np.array([network(graph) for graph in graphs])))


def _compare_graphs(
    transformer: StructureGraphTransformer,
    original: CrystalGraph,
    copies: Sequence[Copy],
    spread: float,
) -> list[dict[str, float]]:
    network = RandomSlotsNetwork(transformer.k)
    graphs = _exact(transformer).transform([copy.crystal for copy in copies])
    return [
        {
            "output": abs(network(graph) - network(original)) / spread,
            "coordinates": _farthest(graph, original, copy.atom_of),
        }
        for graph, copy in zip(graphs, copies, strict=True)
    ]


def _farthest(
    graph: CrystalGraph, original: CrystalGraph, atom_of: NDArray[np.int64]
) -> float:
    """Largest change of a coordinate, each atom being compared with its original."""
    here, there = graph.orbits, original.orbits[atom_of]
    elements = np.append(graph.species, 0)[graph.neighbors]  # -1 takes the last: none
    before = np.append(original.species, 0)[original.neighbors]
    if not np.array_equal(elements[here], before[there]):
        return np.inf
    return float(np.abs(graph.coordinates[here] - original.coordinates[there]).max())


def _compare_predictions(
    estimator: Any,
    original: NDArray[np.float64],
    copies: Sequence[Copy],
    spread: NDArray[np.float64],
) -> list[dict[str, float]]:
    predictions = _ask(estimator, [copy.crystal for copy in copies])
    changes = [float((np.abs(p - original) / spread).max()) for p in predictions]
    # From or to a prediction that is no number there is no distance.
    return [{"output": c if np.isfinite(c) else np.inf} for c in changes]


def _ask(estimator: Any, crystals: Sequence[Crystal]) -> NDArray[np.float64]:
    """Predictions, per atom where they grow with the cell; of classes, how likely."""
    if is_classifier(estimator):
        if hasattr(estimator, "predict_proba"):
            return np.asarray(estimator.predict_proba(crystals))
        answers = np.asarray(estimator.predict(crystals))
        return (answers[:, None] == np.unique(estimator.classes_)).astype(np.float64)
    predictions = np.asarray(estimator.predict(crystals))
    if not _grows(estimator):
        return predictions
    n_atoms = np.array([len(crystal) for crystal in crystals])
    return predictions / n_atoms.reshape(-1, *[1] * (predictions.ndim - 1))


def _grows(estimator: Any) -> bool:
    """Whether a regressor predicts twice as much of twice the cell."""
    while hasattr(estimator, "steps"):
        estimator = estimator.steps[-1][1]
    return bool(getattr(estimator, "_grows", False))


def _spread(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Standard deviation of each output over the structures.

    One structure, or equal ones, have none: take the size.
    """
    finite = np.where(np.isfinite(values), values, np.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of a column without numbers
        spread, size = np.nanstd(finite, axis=0), np.nanmax(np.abs(finite), axis=0)
    return np.where(spread > 1e-9 * size, spread, np.where(size > 0, size, 1.0))
