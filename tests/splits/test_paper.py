"""The splits of the paper: 80, 10 and 10 %, ten times."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.dummy import DummyRegressor
from sklearn.model_selection import GridSearchCV, cross_val_score

from sk_knagcn import paper_splits


@pytest.mark.parametrize("n", [3, 10, 14, 27, 100, 1215])
def test_three_parts_of_eighty_ten_and_ten_per_cent(n):
    splits = list(paper_splits(n).with_validation())
    assert len(splits) == 10
    for train, validation, test in splits:
        assert sorted([*train, *validation, *test]) == list(range(n))
        assert len(validation) == len(test)
        assert abs(len(test) - max(n / 10, 1)) <= 0.5


def test_as_cv_the_validation_part_belongs_to_training():
    cv = paper_splits(50, n_repeats=4, random_state=7)
    pairs, triples = list(cv.split(np.zeros(50))), list(cv.with_validation())
    assert cv.get_n_splits() == len(pairs) == len(triples) == 4
    for (rows, tested), (train, validation, test) in zip(pairs, triples, strict=True):
        assert rows.tolist() == [*train, *validation]
        assert tested.tolist() == test.tolist()


def test_repeats_differ_and_the_seed_decides():
    def tests(**options):
        return [tuple(test) for _, test in paper_splits(60, **options).split()]

    assert len(set(tests())) == 10
    assert tests() == tests()
    assert set(tests()).isdisjoint(tests(random_state=1))
    assert tests(n_repeats=3) == tests()[:3]
    assert tests(random_state=None) != tests(random_state=None)


def test_scikit_learn_takes_it_for_cv():
    X, y = np.zeros((40, 1)), np.arange(40.0)
    cv = paper_splits(40)
    assert cross_val_score(DummyRegressor(), X, y, cv=cv).shape == (10,)
    search = GridSearchCV(DummyRegressor(), {"strategy": ["mean", "median"]}, cv=cv)
    assert repr(clone(search).cv) == "PaperSplits(n=40, n_repeats=10, random_state=0)"
    assert search.fit(X, y).n_splits_ == 10


def test_splits_of_another_number_of_structures_are_refused():
    with pytest.raises(ValueError, match=r"X has 30 structures, .* paper_splits\(len"):
        next(paper_splits(40).split(np.zeros(30)))


@pytest.mark.parametrize(
    "wrong", [{"n": 2}, {"n": 9, "n_repeats": 0}, {"n": 9, "random_state": "x"}]
)
def test_wrong_parameters_are_errors(wrong):
    with pytest.raises(ValueError, match="parameter of paper_splits must be"):
        paper_splits(**wrong)
