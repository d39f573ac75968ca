"""The element vectors, from the singular values of the atom-environment matrix."""

from __future__ import annotations

from numbers import Integral
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    _fit_context,
)
from sklearn.utils import Tags
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import check_is_fitted

from sk_knagcn.atom2vec.matrix import (
    HEAVIEST,
    atom_environment_matrix,
    read_compositions,
)

NOBLE_GASES = np.array([0, 2, 10, 18, 36, 54, 86, 118])  # where the periods end


class Atom2Vec(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """Element vectors learnt from compositions alone (atom2vec).

    Elements that form the same compounds resemble each other. The rows of the
    atom-environment matrix are scaled to length one; its leading left singular vectors
    times their singular values are the element vectors. `transform` averages these
    over the atoms of a composition: a quick baseline that knows no geometry.

    Parameters
    ----------
    n_components : int, default=None
        Length of the vectors, filled with zeros beyond the number of elements seen.
        None stands for that number: nothing is lost, and the inner product of two
        vectors is the similarity of the two rows. Spectra fall slowly; a small number
        leaves elements that share few environments with hardly any vector at all.

    Attributes
    ----------
    elements_ : ndarray of shape (n_elements,), int64
        Atomic numbers seen in `fit`, ascending.
    vectors_ : ndarray of shape (n_elements, n_components)
        The vectors of these elements.
    element_matrix_ : ndarray of shape (119, n_components)
        The vectors of all elements, to be indexed with arrays of atomic numbers. Row 0,
        for padding, is zero.
    singular_values_ : ndarray of shape (n_components,)
        Descending. The squares of all of them add up to the number of elements.

    See Also
    --------
    sk_knagcn.check_structures : The structures that `fit` and `transform` take.
    sk_knagcn.atom2vec.atom_environment_matrix : The matrix behind the vectors.

    Notes
    -----
    An element not seen in `fit` gets the mean of the seen elements of its group, with
    weights that halve with every period between; if there is none, the mean of all.
    Lanthanides and actinides belong to group 3, hydrogen is a group of its own. An
    element seen only pure has a vector at right angles to all others.

    Neither the order of the compounds nor the choice of cell matters. The largest entry
    of each singular vector is positive. Where singular values coincide, as for elements
    that share no environment with any other, the basis of their space is arbitrary.

    Sets that combine every element with every other, as substitution studies do, give
    all elements nearly the same environments and so nearly the same vector.

    References
    ----------
    .. [1] Q. Zhou et al., "Learning atoms for materials discovery", PNAS 115, E6411
       (2018).
    .. [2] B. Zhang et al., "Predicting material properties using a 3D graph neural
       network with invariant local descriptors", arXiv:2102.11023 (2021).

    Examples
    --------
    >>> from sk_knagcn import Atom2Vec
    >>> salts = ["NaCl", "NaBr", "KCl", "KBr", "MgO", "MgS", "CaO", "CaS"]
    >>> atom2vec = Atom2Vec(n_components=4).fit(salts)
    >>> atom2vec.elements_
    array([ 8, 11, 12, 16, 17, 19, 20, 35])
    >>> sodium, potassium, chlorine = atom2vec.element_matrix_[[11, 19, 17]]
    >>> round(float(sodium @ potassium), 3), round(float(sodium @ chlorine), 3)
    (1.0, 0.0)
    >>> atom2vec.transform(["KCl", "Rb2O"]).shape
    (2, 4)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "n_components": [Interval(Integral, 1, None, closed="left"), None],
    }

    def __init__(self, *, n_components: int | None = None) -> None:
        self.n_components = n_components

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> Atom2Vec:
        """Learn the element vectors.

        Parameters
        ----------
        X : list, tuple, object array, pandas Series or one-column DataFrame
            Structures as `check_structures` takes them, or compositions: formulas
            ("NaCl"), pymatgen Compositions or mappings from atomic number to amount.
            Of disordered structures, pass the compositions.
        y : None
            Ignored.

        Returns
        -------
        Atom2Vec
            The fitted transformer.
        """
        matrix, elements, _ = atom_environment_matrix(read_compositions(X))
        # The Gram matrix, at most 118 x 118, has the same left singular vectors and all
        # of them, and takes milliseconds however many environments there are. Iterative
        # solvers need a random start and cannot give the last one. Squaring spoils only
        # what is below 1e-8 of the largest singular value. Sums of products of whole
        # numbers are exact: the order of the compounds cannot change the last digit.
        gram = (matrix @ matrix.T).toarray()
        length = np.sqrt(gram.diagonal())
        squares, left = np.linalg.eigh(gram / np.outer(length, length))
        squares, left = squares[::-1], left[:, ::-1]
        squares[squares <= len(squares) * np.finfo(float).eps * squares[0]] = 0
        # Rounded, so that of entries that are equal but for rounding the first decides.
        largest = abs(left).round(8).argmax(axis=0)
        left = left * np.sign(left[largest, np.arange(len(largest))])
        width = len(elements) if self.n_components is None else self.n_components
        extra = max(0, width - len(elements))
        self.elements_ = elements
        self.singular_values_ = np.pad(np.sqrt(squares), (0, extra))[:width]
        left = np.pad(left, ((0, 0), (0, extra)))[:, :width]
        self.vectors_ = left * self.singular_values_
        self.element_matrix_ = np.zeros((HEAVIEST + 1, width))
        self.element_matrix_[1:] = _kinship(elements) @ self.vectors_
        self.element_matrix_[elements] = self.vectors_
        return self

    def transform(self, X: Any) -> NDArray[np.float64]:
        """Average the element vectors over the atoms of each composition.

        Parameters
        ----------
        X : list, tuple, object array, pandas Series or one-column DataFrame
            Structures or compositions, as in `fit`.

        Returns
        -------
        ndarray of shape (n_compositions, n_components)
            One mean vector per row of X, in the same order.
        """
        check_is_fitted(self)
        compositions = read_compositions(X)
        shares = np.zeros((len(compositions), HEAVIEST + 1))
        for share, amounts in zip(shares, compositions, strict=True):
            share[list(amounts)] = list(amounts.values())
        return shares / shares.sum(axis=1, keepdims=True) @ self.element_matrix_

    @property
    def _n_features_out(self) -> int:
        return self.vectors_.shape[1]

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        return tags


def _kinship(elements: NDArray[np.int64]) -> NDArray[np.float64]:
    """Weights (118, n_elements) with which known elements stand in for any other.

    Chosen by leaving out one element after the other of 25,000 Materials Project
    crystals. The similarities so guessed correlate with the true ones by 0.71 on
    average; without halving by 0.68, from the nearest of the group alone by 0.68, from
    all elements alike by 0.40. Of 7,207 MOFs: 0.45, 0.42, 0.46 and 0.20.
    """
    numbers = np.arange(1, HEAVIEST + 1)
    period = np.searchsorted(NOBLE_GASES, numbers)
    first, last = NOBLE_GASES[period - 1] + 1, NOBLE_GASES[period]
    s_block = numbers - first < 2
    group = np.where(s_block, numbers - first + 1, np.maximum(3, 18 + numbers - last))
    group[:2] = 0, 18  # hydrogen, alone, and helium
    weights = 0.5 ** abs(period[:, None] - period[elements - 1])
    weights[group[:, None] != group[elements - 1]] = 0
    weights[~weights.any(axis=1)] = 1
    return weights / weights.sum(axis=1, keepdims=True)
