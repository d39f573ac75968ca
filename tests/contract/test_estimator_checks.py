"""scikit-learn's own checks, those that need no table of numbers."""

import numpy as np
import pytest
from sklearn.base import is_classifier, is_regressor
from sklearn.linear_model import Ridge
from sklearn.utils import estimator_checks, get_tags

from sk_knagcn import (
    Atom2Vec,
    EnsembleRegressor,
    PerAtomRegressor,
    StructureDescriptors,
    StructureGraphTransformer,
)
from tests.estimators.tiny import CLASSIFIERS, REGRESSORS

CHECKS = [
    "check_do_not_raise_errors_in_init_or_set_param",
    "check_estimator_cloneable",
    "check_estimator_repr",
    "check_estimator_tags_renamed",
    "check_get_params_invariance",
    "check_mixin_order",
    "check_no_attributes_set_in_init",
    "check_parameters_default_constructible",
    "check_set_params",
    "check_valid_tag_types",
]
NETWORKS = sorted({cls for cls, _ in [*REGRESSORS, *CLASSIFIERS]}, key=str)
ESTIMATORS = [
    *(cls() for cls in NETWORKS),
    EnsembleRegressor(Ridge()),
    PerAtomRegressor(Ridge()),
    StructureGraphTransformer(),
    StructureDescriptors(),
    Atom2Vec(),
]


def name_of(estimator):
    return type(estimator).__name__


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("estimator", ESTIMATORS, ids=name_of)
def test_scikit_learns_check(estimator, check):
    # A check that this version does not have yet, or no more, is none that fails.
    found = [c for c in dir(estimator_checks) if c.startswith(check)]
    for name in found:
        getattr(estimator_checks, name)(name_of(estimator), estimator)


@pytest.mark.parametrize("cls", NETWORKS)
def test_every_parameter_is_validated(cls):
    # As check_param_validation does, which needs a table: a value that is of no type.
    X = np.empty((0, 1), dtype=object)
    for parameter in cls().get_params():
        estimator = cls().set_params(**{parameter: object()})
        with pytest.raises((ValueError, TypeError), match=parameter):
            estimator.fit(X, [])


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=name_of)
def test_tags_say_what_an_estimator_is(estimator):
    tags = get_tags(estimator)
    name = name_of(estimator)
    assert is_regressor(estimator) == name.endswith("Regressor")
    assert is_classifier(estimator) == name.endswith("Classifier")
    if not name.startswith("Atom2Vec"):
        assert not tags.input_tags.two_d_array
    if type(estimator) in NETWORKS:
        assert tags.non_deterministic
        fixed = type(estimator)(random_state=0)
        assert not get_tags(fixed).non_deterministic
        assert tags.target_tags.required
        assert tags.target_tags.multi_output == is_regressor(estimator)


@pytest.mark.parametrize("cls", NETWORKS)
def test_weights_can_be_asked_for(cls):
    for method in ("set_fit_request", "set_score_request", "set_partial_fit_request"):
        assert hasattr(cls, method)
