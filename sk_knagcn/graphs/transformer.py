"""The scikit-learn transformer from structures to graphs."""

from __future__ import annotations

from numbers import Integral, Real
from pathlib import Path
from typing import Any, ClassVar, Literal

import joblib
import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from sk_knagcn.graphs.build import build_graphs
from sk_knagcn.graphs.cache import GraphCache, resolve_cache
from sk_knagcn.graphs.columns import describe
from sk_knagcn.graphs.container import CrystalGraphs
from sk_knagcn.graphs.graph import CrystalGraph, GraphSettings
from sk_knagcn.graphs.writing import write_graphs
from sk_knagcn.structures.door import Reading, list_items


class StructureGraphTransformer(  # type: ignore[call-arg]  # sklearn has no types
    TransformerMixin,
    BaseEstimator,
    auto_wrap_output_keys=None,  # graphs never become a table
):
    """Turn structures into invariant k-neighbour graphs.

    Each atom sees its k nearest neighbours (periodic images included) in a local frame
    that its own surroundings define. The result does not change when the crystal is
    rotated, shifted or mirrored, when its atoms are re-ordered or when another cell is
    chosen, and holds one atom of each orbit of the crystal's symmetry.

    Parameters
    ----------
    k : int, default=12
        Neighbours per atom. Molecules with fewer atoms leave slots empty.
    frames : {"canonical", "paper"}, default="canonical"
        "canonical" resolves ties between equally near neighbours by what they are and
        where they stand. "paper" is Algorithm 1 of [1]_, which takes ties as they
        come: its output changes with the order of the atoms wherever there is
        symmetry, and nothing is reduced.
    reflect : bool, default=True
        Give a crystal and its mirror image the same graph, as almost all properties
        do. False keeps the hands apart.
    reduce : bool, default=True
        Store one atom of each orbit, with its multiplicity. What a network computes is
        the same; False stores all atoms.
    tie_tolerance : float, default=0.02
        Neighbours whose distances (in Angstrom) differ without a gap wider than this
        are equally near; at most 0.2. Atoms of one orbit agree in all coordinates to
        half of it and get their mean.
    descriptors : transformer, default=None
        What else a network shall know of each structure, beside its graph: a
        scikit-learn transformer or pipeline from structures to a table of numbers,
        such as `StructureDescriptors`. A clone of it is fitted in `fit`, so in
        cross-validation on the training part only; its columns ride with the graphs,
        and networks join them after their readout. NaN is filled in there.
    on_disorder : {"raise", "majority"}, default="raise"
        What to do with a site that holds more than one species or is partly empty.
    dtype : {"float32", "float64"}, default="float32"
        Type in which coordinates are stored; they are computed in float64.
    cache : "memory", str, Path, GraphCache or None, default="memory"
        Where finished graphs and neighbour lists are kept, so that none is made twice
        in a search or cross-validation: in the memory of the process, in a folder as
        well, in a store of your own, or nowhere.
    n_jobs : int, default=None
        Threads that build graphs; as everywhere in scikit-learn.
    verbose : int, default=0
        Show a progress bar if positive.

    Attributes
    ----------
    descriptors_ : transformer
        The fitted clone of `descriptors`, if there is one.
    refused_ : dict of int to str
        What was wrong with the structures that `transform_to` left out last time, by
        their places in X.

    See Also
    --------
    CrystalGraphs : What `transform` returns.
    StructureDescriptors : Tables for `descriptors`.
    GraphCache : A store with a bound of your own.
    check_invariance : Certify that nothing moves for your structures.

    References
    ----------
    .. [1] B. Zhang, M. Zhou, J. Wu, F. Gao, "Predicting Material Properties Using a 3D
       Graph Neural Network with Invariant Local Descriptors", arXiv:2102.11023 (2021).

    Examples
    --------
    >>> from pymatgen.core import Lattice, Structure
    >>> from sk_knagcn import StructureGraphTransformer
    >>> salt = Structure.from_spacegroup(
    ...     "Fm-3m", Lattice.cubic(5.64), ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]]
    ... )
    >>> graphs = StructureGraphTransformer(k=12).fit_transform([salt])
    >>> graphs
    CrystalGraphs(1 structure, 8 atoms (2 stored), k=12, 0.0 MB)
    >>> graphs.padded()["distances"][0, 0].round(2)
    array([2.82, 2.82, 2.82, 2.82, 2.82, 2.82, 3.99, 3.99, 3.99, 3.99, 3.99,
           3.99], dtype=float32)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "k": [Interval(Integral, 1, None, closed="left")],
        "frames": [StrOptions({"canonical", "paper"})],
        "reflect": ["boolean"],
        "reduce": ["boolean"],
        "tie_tolerance": [Interval(Real, 0, 0.2, closed="right")],
        "descriptors": [HasMethods(["fit", "transform"]), None],
        "on_disorder": [StrOptions({"raise", "majority"})],
        "dtype": [StrOptions({"float32", "float64"})],
        "cache": [str, Path, GraphCache, None],
        "n_jobs": [Integral, None],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        k: int = 12,
        *,
        frames: Literal["canonical", "paper"] = "canonical",
        reflect: bool = True,
        reduce: bool = True,
        tie_tolerance: float = 0.02,
        descriptors: Any = None,
        on_disorder: Literal["raise", "majority"] = "raise",
        dtype: Literal["float32", "float64"] = "float32",
        cache: str | Path | GraphCache | None = "memory",
        n_jobs: int | None = None,
        verbose: int = 0,
    ):
        self.k = k
        self.frames = frames
        self.reflect = reflect
        self.reduce = reduce
        self.tie_tolerance = tie_tolerance
        self.descriptors = descriptors
        self.on_disorder = on_disorder
        self.dtype = dtype
        self.cache = cache
        self.n_jobs = n_jobs
        self.verbose = verbose

    def fit(self, X: Any, y: Any = None) -> StructureGraphTransformer:
        """Fit the descriptors, if there are any; of graphs nothing is learnt.

        Parameters
        ----------
        X : structures or graphs
            Looked at only if there are descriptors.
        y : object, default=None
            Handed to the descriptors.

        Returns
        -------
        StructureGraphTransformer
            Itself.
        """
        self._validate_params()
        if self.descriptors is not None:
            _refuse(as_graphs(X))
            self.descriptors_ = clone(self.descriptors).fit(X, y)
        elif hasattr(self, "descriptors_"):
            del self.descriptors_
        return self

    def transform(self, X: Any) -> CrystalGraphs:
        """Build the graphs, in the order of X.

        Parameters
        ----------
        X : structures or graphs
            A list, tuple, Series, one-column frame or object array of pymatgen
            Structures or Molecules or ASE Atoms. Or graphs, made with the same
            settings and at least this k, which pass through; not with `descriptors`,
            as structures are what those describe.

        Returns
        -------
        CrystalGraphs
            One graph per structure.
        """
        self._validate_params()
        if self.descriptors is not None:
            check_is_fitted(self, "descriptors_")
        settings = self._settings()
        graphs = as_graphs(X)
        if graphs is not None:
            if self.descriptors is not None:
                _refuse(graphs)
            return _fit_to(graphs, settings)
        made = self._build(X, X, settings, verbose=self.verbose)
        if hasattr(X, "iloc"):
            made.index = X.index
        return made

    def transform_to(
        self,
        X: Any,
        path: str | Path,
        *,
        on_error: Literal["raise", "skip"] = "raise",
        overwrite: bool = False,
    ) -> CrystalGraphs:
        """Write the graphs to a folder as they are built, and open it there.

        For sets that the memory does not hold: of structures and graphs only a part is
        in memory at a time. When this is called again after it was killed, with the
        same structures (and descriptors that have learnt the same), it goes on where it
        was; what is finished waits in a folder beside `path` whose name ends in
        ``.partial``. The cache is not used.

        Parameters
        ----------
        X : structures or iterator of structures
            As for `transform`; or an iterator, such as a generator that reads one file
            after the other.
        path : str or Path
            The folder to make.
        on_error : {"raise", "skip"}, default="raise"
            What to do with structures that cannot be used. "skip" leaves them out and
            lists them in `refused_`.
        overwrite : bool, default=False
            Replace a folder of graphs that is already there.

        Returns
        -------
        CrystalGraphs
            The graphs, in the order of X, left on disk.
        """
        self._validate_params()
        if on_error not in ("raise", "skip"):
            raise ValueError(f"on_error must be 'raise' or 'skip', got {on_error!r}.")
        if self.descriptors is not None:
            check_is_fitted(self, "descriptors_")
        settings = self._settings()
        self.refused_ = write_graphs(
            X,
            Path(path),
            lambda crystals, items, first: self._build(
                crystals, items, settings, first=first, cached=False
            ),
            settings,
            identity=joblib.hash(self.descriptors and clone(self.descriptors)),
            on_disorder=self.on_disorder,
            skip=on_error == "skip",
            overwrite=overwrite,
            verbose=self.verbose,
        )
        return CrystalGraphs.open(path, mmap_mode="r")

    def _settings(self) -> GraphSettings:
        return GraphSettings(
            k=int(self.k),
            frames=self.frames,
            reflect=bool(self.reflect),
            reduce=bool(self.reduce) and self.frames == "canonical",
            tie_tolerance=float(self.tie_tolerance),
            dtype=self.dtype,
        )

    def _build(
        self,
        structures: Any,
        described: Any,
        settings: GraphSettings,
        *,
        first: int = 0,
        cached: bool = True,
        verbose: int = 0,
    ) -> CrystalGraphs:
        """Graphs of structures, with descriptors of the objects they come from."""
        blocks = build_graphs(
            Reading(structures, self.on_disorder, first),
            settings,
            cache=resolve_cache(self.cache) if cached else None,
            n_jobs=self.n_jobs,
            verbose=verbose,
        )
        made = CrystalGraphs(blocks, settings)
        if self.descriptors is None:
            return made
        try:
            columns = describe(self.descriptors_, described, len(made))
        except ValueError as error:
            if first:
                error.add_note(f"X is read in parts: structure 0 is {first} of X.")
            raise
        return made.with_columns(columns)

    def set_output(self, *, transform: Any = None) -> StructureGraphTransformer:
        """Accept and ignore a choice of output: graphs never become a table.

        Parameters
        ----------
        transform : object, default=None
            Ignored, so that pipelines with later tables can be configured as a whole.

        Returns
        -------
        StructureGraphTransformer
            Itself.
        """
        return self

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Name the one column that graphs are.

        Parameters
        ----------
        input_features : object, default=None
            Ignored, as structures have no names.

        Returns
        -------
        ndarray of shape (1,)
            The name.
        """
        return np.array(["graph"], dtype=object)

    def __sklearn_is_fitted__(self) -> bool:
        """Nothing has to be fitted, unless there are descriptors."""
        return self.descriptors is None or hasattr(self, "descriptors_")

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn that X is not a table of numbers."""
        tags = super().__sklearn_tags__()
        tags.requires_fit = self.descriptors is not None
        tags.no_validation = True
        tags.input_tags.two_d_array = False
        return tags


def as_graphs(X: Any) -> CrystalGraphs | None:
    """X as a container, if it holds graphs already; else None."""
    if isinstance(X, CrystalGraphs):
        return X
    items = list_items(X)
    if items and all(isinstance(item, CrystalGraph) for item in items):
        return CrystalGraphs.from_graphs(items)
    return None


def _refuse(graphs: CrystalGraphs | None) -> None:
    """Raise an error if there are graphs where structures have to be described."""
    if graphs is not None:
        raise ValueError(
            "X holds graphs, but descriptors are made from structures. Pass the "
            "structures, or set descriptors=None."
        )


def _fit_to(graphs: CrystalGraphs, settings: GraphSettings) -> CrystalGraphs:
    """Graphs as if built with these settings; an error where that is not so."""
    if graphs.k >= settings.k:
        graphs = graphs.with_k(settings.k)
    if graphs.settings != settings:
        raise ValueError(
            f"X holds graphs made with {graphs.settings}, but {settings} is asked for. "
            "Pass the structures, or set the parameters that the graphs were made with."
        )
    return graphs
