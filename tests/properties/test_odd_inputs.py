"""Whatever is handed to the door comes back as crystals or as a clear error."""

import datetime
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as numpy_st
from pymatgen.core import Lattice, Molecule, PeriodicSite, Structure

from sk_knagcn.structures import Crystal, as_column, check_structures

IRON = Structure(Lattice.cubic(2.87), ["Fe", "Fe"], [[0, 0, 0], [0.5] * 3])
SOUND = [IRON, Molecule(["N", "N"], [[0, 0, 0], [0, 0, 1.1]])]
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.binary(max_size=5),
    st.complex_numbers(),
    st.just(Fraction(1, 3)),
    st.dates(),
    st.sampled_from([Structure, object(), len, IRON.lattice, IRON.composition, pd.NA]),
    st.sampled_from([PeriodicSite("Na", [0, 0, 0], Lattice.cubic(3)), IRON[0].specie]),
    numpy_st.arrays(
        numpy_st.scalar_dtypes(), numpy_st.array_shapes(min_dims=0, min_side=0)
    ),
)
ITEMS = st.one_of(ODD, st.sampled_from(SOUND))
WHOLE = st.recursive(
    ITEMS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.tuples(inner, inner),
        st.dictionaries(st.text(max_size=2), inner, max_size=3),
        st.lists(inner, max_size=3).map(lambda x: pd.Series(x, dtype=object)),
        st.lists(inner, max_size=3).map(iter),
    ),
    max_leaves=8,
)


def outcome(function, X):
    try:
        return function(X)
    except (TypeError, ValueError) as error:
        if not str(error).strip():
            raise AssertionError("an error without a word") from error
        return None


@settings(max_examples=300)
@given(WHOLE)
def test_the_door_never_fails_in_another_way(X):
    crystals = outcome(check_structures, X)
    assert crystals is None or all(isinstance(c, Crystal) for c in crystals)


@given(st.lists(ITEMS, min_size=1, max_size=6))
def test_the_first_item_that_is_no_structure_is_named(items):
    bad = [
        i for i, item in enumerate(items) if not any(item is sound for sound in SOUND)
    ]
    if not bad:
        assert len(check_structures(items)) == len(items)
        return
    with pytest.raises(TypeError, match=rf"item {bad[0]} is of type"):
        check_structures(items)


@given(st.lists(ITEMS, max_size=6))
def test_a_column_holds_whatever_was_in_the_list(items):
    column = as_column(items)
    assert column.shape == (len(items), 1)
    assert all(a is b for a, b in zip(column[:, 0].tolist(), items, strict=True))


def test_dates_are_no_structures():
    assert outcome(check_structures, [datetime.date(2020, 1, 1)]) is None
    assert outcome(check_structures, np.array(["2020-01-01"], dtype="M8[D]")) is None
