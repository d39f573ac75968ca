"""Parameters are what scikit-learn expects of them, and what the documents say."""

import inspect
import pickle
import re

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from sk_knagcn import (
    CGCNNClassifier,
    CGCNNRegressor,
    KNAGCNClassifier,
    KNAGCNRegressor,
)
from tests.estimators.tiny import CLASSIFIERS, REGRESSORS, tiny

CLASSES = sorted({cls for cls, _ in [*REGRESSORS, *CLASSIFIERS]}, key=str)
each_class = pytest.mark.parametrize("cls", CLASSES)
K_NAGCN = {
    "convolution": "slots",
    "n_layers": 3,
    "width": 128,
    "n_radial": 32,
    "radial": "exponential",
    "embedding": "atom2vec",
}
CGCNN = {"n_layers": 3, "width": 64, "n_radial": 41, "schedule": "constant"}
published = pytest.mark.parametrize(
    ("cls", "paper"),
    [
        (KNAGCNRegressor, K_NAGCN),
        (KNAGCNClassifier, K_NAGCN),
        (CGCNNRegressor, CGCNN),
        (CGCNNClassifier, CGCNN),
    ],
)


def defaults(cls):
    return {
        name: parameter.default
        for name, parameter in inspect.signature(cls).parameters.items()
    }


@each_class
def test_documented_defaults_are_the_real_ones(cls):
    documented = dict(
        re.findall(r"^(\w+) : .*default=(.+)$", inspect.getdoc(cls) or "", re.M)
    )
    real = defaults(cls)
    assert documented.keys() == real.keys()
    values = {name: text.replace('"', "'") for name, text in documented.items()}
    scope = {"__builtins__": {}}
    assert {name: eval(text, scope) for name, text in values.items()} == real


@each_class
def test_every_parameter_is_checked_and_keyword_only(cls):
    assert set(cls._parameter_constraints) == set(defaults(cls))
    kinds = {p.kind for p in inspect.signature(cls).parameters.values()}
    assert kinds == {inspect.Parameter.KEYWORD_ONLY}


def test_all_estimators_share_their_defaults_but_for_depth_and_width():
    own = {"convolution", "n_layers", "width"}
    for cls in CLASSES:
        shared = {n: v for n, v in defaults(cls).items() if n not in own}
        assert shared.items() <= defaults(KNAGCNRegressor).items()


@pytest.mark.parametrize(
    "changes",
    [
        {"convolution": "cgcnn"},
        {"n_layers": -1},
        {"width": 0},
        {"width": 8.0},
        {"k": 0},
        {"n_radial": 0},
        {"radial": "bessel"},
        {"embedding": "one-hot"},
        {"readout": "median"},
        {"head": 8},
        {"head": "8"},
        {"head": (0,)},
        {"head": (-1,)},
        {"head": (8.5,)},
        {"dropout": 1.0},
        {"loss": "rmse"},
        {"max_epochs": 0},
        {"batch_size": 0},
        {"max_atoms": 0},
        {"lr": 0.0},
        {"lr": -1.0},
        {"optimizer": "sgd"},
        {"schedule": "cosine"},
        {"weight_decay": -0.1},
        {"averaging": 1.0},
        {"early_stopping": "yes"},
        {"validation_fraction": 0.0},
        {"patience": 0},
        {"device": None},
        {"precision": "float16"},
        {"checkpoint": 3},
        {"random_state": "x"},
        {"callbacks": 3},
        {"verbose": -1},
    ],
    ids=str,
)
def test_a_value_that_makes_no_sense_is_named(changes, graphs, y):
    (name,) = changes
    with pytest.raises((ValueError, TypeError), match=name):
        tiny(**changes).fit(graphs, y)


@pytest.mark.parametrize(
    "changes",
    [
        {"head": []},
        {"head": [4, 4]},
        {"head": np.array([4, 4])},
        {"n_layers": np.int64(2)},
        {"width": np.int32(8)},
        {"lr": np.float32(0.01)},
        {"early_stopping": np.True_, "validation_fraction": 0.3},
        {"batch_size": 1},
        {"verbose": False},
    ],
    ids=str,
)
def test_values_of_any_type_that_means_the_same_are_taken(changes, graphs, y):
    model = tiny(**changes).fit(graphs, y)
    assert model.predict(graphs).shape == y.shape


@each_class
def test_clone_of_a_fitted_estimator_is_not_fitted(cls, graphs, y):
    model = tiny(cls).fit(graphs, y > 15)
    copy = clone(model)
    assert copy.get_params() == model.get_params()
    assert [name for name in vars(copy) if name.endswith("_")] == []
    with pytest.raises(NotFittedError):
        copy.predict(graphs)


@each_class
def test_fit_changes_no_parameter(cls, graphs, y):
    model = tiny(cls, readout=None, head=[4])
    before = dict(model.get_params())
    model.fit(graphs, y > 15)
    assert model.get_params() == before


@each_class
def test_parameters_are_set_and_shown(cls):
    model = cls().set_params(width=32, random_state=1)
    assert model.get_params()["width"] == 32
    assert repr(model) == f"{cls.__name__}(random_state=1, width=32)"
    assert cls.__name__ in model._repr_html_()
    with pytest.raises(ValueError, match="Invalid parameter 'depth'"):
        model.set_params(depth=2)


@each_class
@pytest.mark.parametrize("protocol", [2, pickle.HIGHEST_PROTOCOL])
def test_pickle_and_joblib_keep_everything(cls, protocol, graphs, y, tmp_path):
    model = tiny(cls, averaging=0.9, early_stopping=True, validation_fraction=0.3)
    model.fit(graphs, y > 15)
    joblib.dump(model, tmp_path / "model.joblib")
    copies = [
        pickle.loads(pickle.dumps(model, protocol)),
        joblib.load(tmp_path / "model.joblib"),
    ]
    for copy in copies:
        np.testing.assert_array_equal(copy.predict(graphs), model.predict(graphs))
        np.testing.assert_array_equal(copy.transform(graphs), model.transform(graphs))
        assert copy.history_.equals(model.history_)
        copy.fit(graphs, y > 15)  # and it can be used for everything again


def test_pickled_with_a_bar_and_going_on_as_before(graphs, y, capsys):
    model = tiny(verbose=1, warm_start=True).fit(graphs, y)
    copy = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(
        copy.fit(graphs, y).predict(graphs), model.fit(graphs, y).predict(graphs)
    )


def test_a_pickle_does_not_hold_the_data(crystals, y):
    few = len(pickle.dumps(tiny(batch_size=100).fit(crystals[:2], y[:2])))
    many = tiny(batch_size=100).fit(crystals * 20, np.tile(y, 20))
    assert len(pickle.dumps(many)) < few + 2000


@published
def test_the_papers_recipe_is_one_argument_away(cls, paper):
    model = cls.as_published()
    assert type(model) is cls
    assert paper.items() <= model.get_params().items()
    changed = cls.as_published(width=16, random_state=3)
    assert changed.get_params() == {
        **model.get_params(),
        "width": 16,
        "random_state": 3,
    }
    with pytest.raises(TypeError):
        cls.as_published(depth=3)


@published
def test_the_papers_recipe_can_be_trained(cls, paper, graphs, y):
    model = cls.as_published(
        max_epochs=2, width=8, device="cpu", validation_fraction=0.2
    )
    assert model.fit(graphs, y > 15).predict(graphs).shape == y.shape
