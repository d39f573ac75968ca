"""Classes, of any type and number."""

import numpy as np
import pandas as pd
import pytest

from sk_knagcn import KNAGCNClassifier
from tests.estimators.tiny import CLASSIFIERS, NAMES, tiny

each_classifier = pytest.mark.parametrize(("cls", "changes"), CLASSIFIERS, ids=NAMES)
LABELS = {
    "words": np.array(["salt", "metal"]),
    "objects": np.array(["salt", "metal"], dtype=object),
    "booleans": np.array([False, True]),
    "numbers": np.array([7, -3]),
    "floats": np.array([0.0, 1.0]),
    "three": np.array(["a", "c", "b"]),
    "five": np.arange(5) * 10,
}


def labels_of(values):
    return np.resize(values, 10)


@pytest.mark.parametrize("labels", LABELS.values(), ids=LABELS)
@each_classifier
def test_labels_come_back_as_they_were(cls, changes, graphs, labels):
    y = labels_of(labels)
    model = tiny(cls, **changes).fit(graphs, y)
    np.testing.assert_array_equal(model.classes_, np.unique(y))
    found = model.predict(graphs)
    assert found.dtype == y.dtype
    assert found.shape == (10,)
    assert set(found) <= set(y)
    assert model.predict(graphs[:1]).shape == (1,)


@pytest.mark.parametrize("labels", LABELS.values(), ids=LABELS)
def test_probabilities_are_probabilities(graphs, labels):
    y = labels_of(labels)
    model = tiny(KNAGCNClassifier).fit(graphs, y)
    p = model.predict_proba(graphs)
    assert p.shape == (10, len(labels))
    assert p.dtype == np.float64
    assert (p >= 0).all()
    np.testing.assert_allclose(p.sum(axis=1), 1)
    np.testing.assert_array_equal(model.classes_[p.argmax(1)], model.predict(graphs))


@pytest.mark.parametrize("labels", [LABELS["words"], LABELS["three"]], ids=str)
@each_classifier
def test_classes_are_learnt(cls, changes, graphs, labels):
    y = labels_of(labels)
    size = {"width": 16, "n_radial": 16, "batch_size": 10}
    model = tiny(cls, **changes, **size, max_epochs=120, lr=2e-2)
    model.fit(graphs, y)
    assert model.score(graphs, y) == 1
    losses = model.history_["train_loss"]
    assert losses.iloc[-1] < 0.3 < losses.iloc[0]


def test_the_names_of_classes_do_not_matter(graphs):
    numbers = labels_of([0, 1, 2])
    first = tiny(KNAGCNClassifier).fit(graphs, numbers)
    second = tiny(KNAGCNClassifier).fit(graphs, np.array(["x", "y", "z"])[numbers])
    np.testing.assert_array_equal(
        first.predict_proba(graphs), second.predict_proba(graphs)
    )


def test_weights_tip_the_scales(graphs):
    X, y = graphs[[0, 0, 1, 1]], ["a", "b", "a", "b"]
    model = tiny(KNAGCNClassifier, max_epochs=100, batch_size=10)
    model.fit(X, y, sample_weight=[9, 1, 1, 9])
    assert model.predict(X[[0, 2]]).tolist() == ["a", "b"]
    np.testing.assert_allclose(model.predict_proba(X)[0], [0.9, 0.1], atol=0.15)


def test_a_column_is_taken_with_a_warning(graphs):
    from sklearn.exceptions import DataConversionWarning

    with pytest.warns(DataConversionWarning):
        tiny(KNAGCNClassifier).fit(graphs, labels_of([0, 1])[:, None])


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (["a"] * 10, "one class only"),
        (np.linspace(0, 1, 10), "continuous|Unknown label type"),
        (np.eye(10), "1d|shape"),
        ([0, 1, np.nan] + [1] * 7, "NaN"),
        (np.array(["a", np.nan] * 5, object), "NaN"),
        (pd.Categorical(["a", None] * 5), "NaN"),
        (pd.Series(["a", None] * 5, dtype="string"), "NaN"),
        ([True, None] * 5, "NaN"),
        (["a", np.nan] * 5, "NaN"),
        (np.array(["a", 1] * 5, dtype=object), "classes of unlike kinds"),
        ([0, 1], "10 structures"),
    ],
    ids=[
        *("one class", "numbers", "table", "missing", "NaN among words", "categorical"),
        *("pandas' own NA", "None", "NaN in a list", "mixed", "short"),
    ],
)
def test_labels_that_make_no_sense_are_refused(graphs, y, message):
    with pytest.raises(ValueError, match=message):
        tiny(KNAGCNClassifier).fit(graphs, y)


@pytest.mark.parametrize("loss", ["mae", "mse", "huber"])
def test_losses_of_regressors_are_refused(graphs, loss):
    with pytest.raises(ValueError, match="for regressors"):
        tiny(KNAGCNClassifier, loss=loss).fit(graphs, labels_of([0, 1]))


@pytest.mark.parametrize(
    "labels", [[0, 1], [True, False], list(np.arange(2)), list(np.array([True, False]))]
)
def test_numbers_and_booleans_may_be_objects(graphs, labels):
    y = np.array(labels * 5, dtype=object)
    model = tiny(KNAGCNClassifier).fit(graphs, y)
    assert model.classes_.tolist() == sorted(labels)
    assert model.classes_.dtype == np.array(labels).dtype


@pytest.mark.parametrize("seed", range(8))
def test_groups_leave_something_of_every_class_to_learn_from(graphs, seed):
    y = np.array(list("aaaabbbbcc"))
    model = tiny(KNAGCNClassifier, early_stopping=True, validation_fraction=0.2)
    model.set_params(random_state=seed, max_epochs=60, lr=0.02)
    # All of c is one group, which is as large as what may be kept aside.
    model.fit(graphs[[0] * 4 + [1] * 4 + [2] * 2], y, groups=list("1122334455"))
    assert set(model.predict(graphs[:3])) == set("abc")


def test_a_class_of_one_cannot_be_kept_aside(graphs):
    y = np.array(["a", "b"] * 4 + ["lone", "a"])
    model = tiny(KNAGCNClassifier, early_stopping=True, validation_fraction=0.4)
    with pytest.raises(ValueError, match="of 'lone' there is only one"):
        model.fit(graphs, y)
    model.set_params(early_stopping=False).fit(graphs, y)


def test_later_classes_must_be_the_first_ones(graphs):
    y = np.arange(10) % 2
    model = tiny(KNAGCNClassifier).partial_fit(graphs, y, classes=[1, 0])
    model.partial_fit(graphs, y, classes=[0, 1])
    with pytest.raises(ValueError, match="not those of the first call"):
        model.partial_fit(graphs, y, classes=[0, 1, 2])


def test_streams_keep_nothing_aside(graphs):
    model = tiny(KNAGCNClassifier, early_stopping=True)
    model.partial_fit(graphs[:4], [0, 0, 1, 2], classes=[0, 1, 2])
    assert model.predict(graphs).shape == (10,)


def test_booleans_kept_as_objects_are_scored_as_they_are_learnt(graphs):
    y = pd.DataFrame({"stable": [*[True, False] * 5, None]}).dropna()["stable"]
    assert y.dtype == object
    model = tiny(KNAGCNClassifier).fit(graphs, y)
    assert model.score(graphs, y) == (model.predict(graphs) == y.tolist()).mean()
