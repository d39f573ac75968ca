"""The scikit-learn transformer from structures to a table of descriptors."""

from __future__ import annotations

import copy
from numbers import Integral, Real
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from sk_knagcn.descriptors.cache import resolve_cache
from sk_knagcn.descriptors.describe import Subject
from sk_knagcn.descriptors.featurizers import (
    Packed,
    column_names,
    learns,
    list_featurizers,
    pack_featurizers,
    takes_composition,
)
from sk_knagcn.descriptors.table import DescriptorFailure, describe_all
from sk_knagcn.silence import silence
from sk_knagcn.structures import as_column, check_structures

_MAX_SHOWN = 5  # failures written out in one message


class StructureDescriptors(TransformerMixin, BaseEstimator):
    """Turn structures into a table of hand-made descriptors.

    Every column means something to a chemist. The featurizers are matminer's, or do
    what matminer's do, and each structure gets them fresh: the numbers depend neither
    on what came before nor on `n_jobs`.

    Parameters
    ----------
    preset : {"composition", "periodicity", "pores", "full"}, default="periodicity"
        "composition": 132 Magpie statistics of the elements' properties and 6 of the
        stoichiometry. "periodicity": the 28 descriptors of [1]_, of symmetry, bonds,
        packing and the cell, that graph networks do not see. "pores": density, void
        fraction, largest cavity, pore-limiting diameter and accessible surface. "full":
        "composition", "periodicity", shares of valence electrons and five more columns
        of symmetry, packing and order, but no pores, which not every crystal has.
    featurizers : object or list of objects, default=None
        Featurizers to use in place of a preset: matminer's for structures and for
        compositions, which get `structure.composition`, or any object with the methods
        `featurize` and `feature_labels`. Those that have to learn their columns first
        do so in `fit`. They see lattice, sites and species with oxidation states and
        spins; charge and properties of the whole, and other properties of sites, are
        not handed on.
    on_error : {"raise", "nan"}, default="raise"
        What to do where a featurizer fails or gives no finite number. "nan" leaves
        NaN, for an imputer to fill, and lists the failures in `failures_`.
    on_disorder : {"raise", "majority"}, default="raise"
        What to do with a site that holds more than one species or is partly empty.
    cache : "memory", str, Path or None, default="memory"
        Where descriptions are kept, so that folds and searches compute each structure
        once: in the memory of the process, in a folder as well, or nowhere.
    time_limit : float, default=None
        Seconds that one structure may take. Structures are then described in processes
        of their own; one that overruns is killed, and what it left is a failure.
    n_jobs : int, default=None
        Processes that describe structures; as everywhere in scikit-learn.
    verbose : int, default=0
        Show a progress bar if positive.

    Attributes
    ----------
    failures_ : list of DescriptorFailure
        What could not be computed in the last `transform`: index, formula, featurizer
        and reason of each; `pandas.DataFrame(failures_)` makes a table of them.
    featurizers_ : list
        The featurizers as learnt in `fit`, if there are any that learn.

    See Also
    --------
    StructureGraphTransformer : Graphs, for networks.
    sk_knagcn.descriptors.PoreFeatures : Pores with another probe.

    References
    ----------
    .. [1] S. Gong et al., "Examining graph neural networks for crystal structures:
       Limitations and opportunities for capturing periodicity", Science Advances 9,
       eadi3245 (2023).

    Examples
    --------
    >>> from pymatgen.core import Lattice, Structure
    >>> from sk_knagcn import StructureDescriptors
    >>> salt = Structure.from_spacegroup(
    ...     "Fm-3m", Lattice.cubic(5.64), ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]]
    ... )
    >>> descriptors = StructureDescriptors("periodicity").set_output(transform="pandas")
    >>> table = descriptors.fit_transform([salt])
    >>> table.shape
    (1, 28)
    >>> table[["spacegroup_num", "mean CN_VoronoiNN", "density", "natoms"]].round(2)
       spacegroup_num  mean CN_VoronoiNN  density  natoms
    0           225.0                6.0     2.16     8.0
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "preset": [StrOptions({"composition", "periodicity", "pores", "full"})],
        "featurizers": "no_validation",
        "on_error": [StrOptions({"raise", "nan"})],
        "on_disorder": [StrOptions({"raise", "majority"})],
        "cache": [str, Path, None],
        "time_limit": [Interval(Real, 0, None, closed="neither"), None],
        "n_jobs": [Integral, None],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        preset: Literal["composition", "periodicity", "pores", "full"] = "periodicity",
        *,
        featurizers: Any = None,
        on_error: Literal["raise", "nan"] = "raise",
        on_disorder: Literal["raise", "majority"] = "raise",
        cache: str | Path | None = "memory",
        time_limit: float | None = None,
        n_jobs: int | None = None,
        verbose: int = 0,
    ):
        self.preset = preset
        self.featurizers = featurizers
        self.on_error = on_error
        self.on_disorder = on_disorder
        self.cache = cache
        self.time_limit = time_limit
        self.n_jobs = n_jobs
        self.verbose = verbose

    def fit(self, X: Any, y: Any = None) -> StructureDescriptors:
        """Check the parameters, and fit the featurizers that learn.

        Parameters
        ----------
        X : structures
            Looked at only if there is a featurizer that learns.
        y : object, default=None
            Handed to such a featurizer.

        Returns
        -------
        StructureDescriptors
            Itself.
        """
        self._validate_params()
        featurizers = list_featurizers(self.preset, self.featurizers)
        if any(map(learns, featurizers)):
            subjects = self._subjects(X)
            with silence():
                self.featurizers_ = [
                    _fit_one(featurizer, subjects, y) for featurizer in featurizers
                ]
        elif hasattr(self, "featurizers_"):
            del self.featurizers_
        return self

    def transform(self, X: Any) -> NDArray[np.float64]:
        """Describe the structures, in the order of X.

        Parameters
        ----------
        X : list, tuple, object array, pandas Series or one-column DataFrame
            Structures as `check_structures` takes them. Oxidation states and spins of
            pymatgen's species are handed to the featurizers. Of molecules and slabs
            only the composition can be described.

        Returns
        -------
        ndarray of shape (n_structures, n_columns), float64
            One row per structure.
        """
        self._validate_params()
        featurizers = self._featurizers()
        packed = pack_featurizers(self.preset, featurizers)
        column_names(packed)
        table, self.failures_ = describe_all(
            self._subjects(X),
            packed,
            cache=resolve_cache(self.cache),
            n_jobs=self.n_jobs,
            time_limit=None if self.time_limit is None else float(self.time_limit),
            verbose=self.verbose,
        )
        if self.failures_ and self.on_error == "raise":
            raise ValueError(_write_failures(self.failures_, len(table)))
        return table

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Name the columns; known before any data, unless a featurizer learns them.

        Parameters
        ----------
        input_features : object, default=None
            Ignored.

        Returns
        -------
        ndarray of str objects
            The labels of the featurizers, which are matminer's. One that several of
            them use has the name of its featurizer before it.
        """
        packed: list[Packed] = pack_featurizers(self.preset, self._featurizers())
        return np.array(column_names(packed), dtype=object)

    def _featurizers(self) -> list[Any]:
        featurizers = list_featurizers(self.preset, self.featurizers)
        if any(map(learns, featurizers)):
            check_is_fitted(self, "featurizers_")
            return self.featurizers_
        return featurizers

    def _subjects(self, X: Any) -> list[Subject]:
        crystals = check_structures(X, on_disorder=self.on_disorder)
        items = as_column(X)[:, 0]
        pairs = zip(crystals, items, strict=True)
        return [Subject(crystal, _decorated_species(item)) for crystal, item in pairs]

    def __sklearn_clone__(self) -> StructureDescriptors:
        """Copy featurizers: not all of matminer's can be made from their parameters."""
        plain = copy.copy(self)
        plain.featurizers = None
        cloned: StructureDescriptors = super(
            StructureDescriptors, plain
        ).__sklearn_clone__()
        cloned.featurizers = copy.deepcopy(self.featurizers)
        return cloned

    def __sklearn_is_fitted__(self) -> bool:
        """Nothing has to be fitted, unless a featurizer learns."""
        if hasattr(self, "featurizers_"):
            return True
        return not any(map(learns, list_featurizers(self.preset, self.featurizers)))

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn that X is not a table of numbers."""
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.no_validation = True
        tags.input_tags.two_d_array = False
        return tags


def _decorated_species(item: Any) -> tuple[Any, ...] | None:
    """The species of a pymatgen structure that has oxidation states or spins."""
    if not getattr(item, "is_ordered", False) or not hasattr(item, "species"):
        return None
    species = tuple(item.species)
    return species if any(hasattr(one, "oxi_state") for one in species) else None


def _fit_one(featurizer: Any, subjects: list[Subject], y: Any) -> Any:
    if not learns(featurizer):
        return featurizer
    featurizer = copy.deepcopy(featurizer)
    if hasattr(featurizer, "set_n_jobs"):
        featurizer.set_n_jobs(1)
    if takes_composition(featurizer):
        return featurizer.fit([subject.to_composition() for subject in subjects], y)
    return featurizer.fit([subject.to_structure() for subject in subjects], y)


def _write_failures(failures: list[DescriptorFailure], n_structures: int) -> str:
    """Say how many structures failed, and why for the first few."""
    n_failed = len({failure.index for failure in failures})
    lines = [f"{n_failed} of {n_structures} structures cannot be described in full:"]
    lines += [
        f"structure {one.index} ({one.formula}), {one.featurizer}: {one.reason}"
        for one in failures[:_MAX_SHOWN]
    ]
    if len(failures) > _MAX_SHOWN:
        lines.append(f"... and {len(failures) - _MAX_SHOWN} more, in failures_.")
    lines.append(
        "Leave them out, or pass on_error='nan' to get NaN there and fill it with an "
        "imputer."
    )
    return "\n".join(lines)
