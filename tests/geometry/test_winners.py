"""The shortest way through a shell of two leads where the general one does."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sk_knagcn.geometry import winners
from sk_knagcn.geometry.winners import BASIS, SIDE

TOLERANCE = 0.01
BASES = np.eye(3)[None]
# Zero, and to both sides of every sum of two that equals the tolerance or its half.
COORDINATE = st.sampled_from([0.0, 0.3, 0.49, 0.51, 0.9, 1.02, 1.4, 3.0]).flatmap(
    lambda x: st.sampled_from([x * TOLERANCE, -x * TOLERANCE])
)


def race_of(sides):
    """Space in which the frames of one basis wait for their third and fourth slot."""
    space = winners.space_to_race(4, 8, 4)
    _, whole, picks, _ = space
    for f, side in enumerate(sides):
        whole[BASIS, f], whole[SIDE, f] = 0, side
        picks[f, :2] = [f, 1 - f]
    return space


def standing(space, m, used):
    return [(int(space[1][SIDE, f]), space[2][f, :used].tolist()) for f in range(m)]


@given(
    pair=st.lists(
        st.tuples(COORDINATE, COORDINATE, COORDINATE), min_size=2, max_size=2
    ),
    elements=st.sampled_from([(6, 6), (6, 8), (8, 6)]),
    sides=st.sampled_from([[0], [1], [0, 1]]),
    used=st.sampled_from([3, 4]),
    reflect=st.booleans(),
)
def test_a_shell_of_two_is_settled_as_any_other(pair, elements, sides, used, reflect):
    if not reflect:
        sides = [0]
    vectors = np.array([(1.0, 0.0, 0.0), (0.0, 1.0, 0.0), *pair])
    element = np.array([1, 1, *elements])
    m = len(sides)

    short = race_of(sides)
    kept = winners._settle_pair(
        vectors, element, 2, used, BASES[0], reflect, TOLERANCE, m, short
    )

    general = race_of(sides)
    real, whole, picks, labels = general
    seats = winners._place_shell(
        vectors, 2, 2, BASES, reflect, TOLERANCE, m, real, whole, labels
    )
    survivors = winners._drop_losers(
        element, 2, 2, used - 2, m, 2 * seats, whole, picks
    )
    assert standing(short, kept, used) == standing(general, survivors, used)
