"""The models that are compared by default."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from sklearn.base import is_classifier

from sk_knagcn import PerAtomRegressor, compare, default_models
from sk_knagcn.comparison.models import check_models
from sk_knagcn.estimators.base import GraphEstimator


def parts(model):
    return [model, *model.get_params(deep=True).values()]


def test_all_regressors_learn(crystals, y):
    y = np.array([crystal.volume for crystal in crystals])
    result = compare(default_models(max_epochs=1), crystals, y, cv=2)
    assert result.errors == {}
    assert len(result.table) == 9


@pytest.mark.slow
def test_all_classifiers_learn(structures, labels):
    models = default_models(max_epochs=1, classification=True)
    assert all(is_classifier(model) for model in models.values())
    result = compare(models, structures, labels, cv=2)
    assert result.errors == {}
    assert result.table["roc_auc"].notna().all()


def test_default_is_by_its_name(structures, y, monkeypatch):
    from sk_knagcn.comparison import models as by_name

    quick = {kind: default_models(classification=kind) for kind in (False, True)}
    monkeypatch.setattr(
        by_name, "default_models", lambda *, classification: quick[classification]
    )
    found, classifier = by_name.check_models("default", y)
    assert (list(found), classifier) == (list(quick[False]), False)
    found, classifier = by_name.check_models("default", ["metal", "salt"])
    assert (list(found), classifier) == (list(quick[True]), True)


@pytest.mark.parametrize("seed", [3, None])
def test_settings_reach_all_that_has_them(seed):
    models = default_models(max_epochs=7, random_state=seed, n_jobs=2)
    for name, model in models.items():
        for part in parts(model):
            if name != "dummy" and hasattr(part, "random_state"):
                assert part.random_state == seed
            if isinstance(part, GraphEstimator):
                assert part.max_epochs == 7


def test_per_atom():
    models = default_models(per_atom=True)
    for name in ("dummy", "composition + forest", "matminer + boosting"):
        assert isinstance(models[name], PerAtomRegressor)
    for name in ("CGCNN", "3DGCN", "k-NAGCN", "hybrid"):
        assert models[name]["net"].readout == "sum"
    assert models["k-NAGCN (paper)"]["net"].readout == "mean"  # as it was published
    (_, table), *_ = models["ensemble"].estimators
    assert isinstance(table, PerAtomRegressor)


def test_numbers_may_be_objects(structures, y):
    assert check_models("default", pd.Series(list(y), dtype=object))[1] is False
    assert check_models("default", [Decimal(str(one)) for one in y])[1] is False
    assert check_models("default", [True, False])[1] is True
    assert check_models("default", np.array(["a", "b"], dtype=object))[1] is True
