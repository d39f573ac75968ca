"""What goes in and what comes out: shapes, order, types and refusals."""

import random
from operator import methodcaller

import numpy as np
import pandas as pd
import pytest
import torch
from joblib import Parallel, delayed
from pymatgen.core import Lattice, Structure
from sklearn.exceptions import NotFittedError

from sk_knagcn import KNAGCNClassifier, KNAGCNRegressor, StructureGraphTransformer
from tests.estimators.tiny import CLASSIFIERS, NAMES, REGRESSORS, tiny

each_regressor = pytest.mark.parametrize(("cls", "changes"), REGRESSORS, ids=NAMES)
each_estimator = pytest.mark.parametrize(
    ("cls", "changes"), [*REGRESSORS, *CLASSIFIERS], ids=str
)


@pytest.fixture(scope="module")
def model(graphs, y):
    return tiny().fit(graphs, y)


# -- shapes ----------------------------------------------------------------------------


@each_regressor
def test_predictions_have_the_shape_of_y(cls, changes, graphs, y):
    for z in (y, y[:, None], np.column_stack([y, -y, y**2])):
        found = tiny(cls, **changes).fit(graphs, z)
        out = found.predict(graphs)
        assert out.shape == z.shape
        assert out.dtype == np.float64
        assert np.isfinite(out).all()
        assert found.predict(graphs[:1]).shape == z[:1].shape
        assert np.isfinite(found.score(graphs, z))


def test_one_column_and_no_column_are_the_same_training(graphs, y):
    flat = tiny().fit(graphs, y).predict(graphs)
    column = tiny().fit(graphs, y[:, None]).predict(graphs)
    np.testing.assert_array_equal(flat, column[:, 0])


@pytest.mark.parametrize(
    "form",
    [
        lambda y: y.astype(np.float32),
        lambda y: y.astype(np.int32),
        lambda y: y.astype(int).tolist(),
        lambda y: tuple(y.astype(int)),
        lambda y: pd.Series(y, index=range(100, 110)),
        lambda y: pd.Series(y.astype(int)),
    ],
    ids=["float32", "int32", "list", "tuple", "Series", "integer Series"],
)
def test_the_form_of_y_does_not_matter(graphs, form):
    y = np.array([3.0, 1, 4, 1, 5, 9, 2, 6, 5, 3])
    expected = tiny().fit(graphs, y).predict(graphs)
    np.testing.assert_array_equal(tiny().fit(graphs, form(y)).predict(graphs), expected)


def test_structures_and_their_graphs_are_the_same(crystals, graphs, y, model):
    from_structures = tiny().fit(crystals, y)
    np.testing.assert_array_equal(
        from_structures.predict(crystals), model.predict(graphs)
    )
    np.testing.assert_array_equal(
        from_structures.predict(graphs), model.predict(crystals)
    )


@each_estimator
def test_order_is_that_of_the_rows(cls, changes, graphs, y):
    found = tiny(cls, **changes, batch_size=3).fit(graphs, y > 15)
    method = found.predict_proba if hasattr(cls, "predict_proba") else found.predict
    order = np.random.default_rng(0).permutation(len(y))
    np.testing.assert_allclose(
        method(graphs[order]), method(graphs)[order], rtol=1e-5, atol=1e-6
    )
    np.testing.assert_allclose(
        found.transform(graphs[order]),
        found.transform(graphs)[order],
        rtol=1e-4,
        atol=1e-5,
    )


# -- targets ---------------------------------------------------------------------------


@pytest.mark.parametrize("readout", ["mean", "sum"])
@pytest.mark.parametrize("value", [0.0, 7.0, -1e6])
def test_a_constant_is_learnt_at_once(graphs, value, readout):
    y = np.full(len(graphs), value)
    if readout == "sum":
        y *= graphs.n_atoms
    found = tiny(readout=readout, lr=1e-3).fit(graphs, y)
    tolerance = 2 * graphs.n_atoms.max() if readout == "sum" else 1
    np.testing.assert_allclose(found.predict(graphs), y, atol=tolerance)


@pytest.mark.parametrize("unit", [1e-300, 1e-21, 1e-6, 1.0, 1e6, 1e250])
def test_the_unit_of_the_targets_does_not_matter(graphs, y, unit):
    expected = tiny().fit(graphs, y).predict(graphs)
    found = tiny().fit(graphs, y * unit).predict(graphs)
    np.testing.assert_allclose(found, expected * unit, rtol=1e-4)


def test_missing_targets_are_left_out_one_by_one(graphs, y):
    z = np.column_stack([y, -y, y])
    z[2:5, 1] = np.nan
    z[7] = np.nan
    found = tiny().fit(graphs, z)
    assert np.isfinite(found.predict(graphs)).all()
    assert np.isfinite(found.history_["train_loss"]).all()
    assert found.target_scaler_.mean[1] == pytest.approx(np.nanmean(z[:, 1]))


def test_a_single_target_must_not_be_missing(graphs, y):
    z = y.copy()
    z[[3, 5]] = np.nan
    for holes in (z, z[:, None]):
        with pytest.raises(ValueError, match=r"NaN for 2 structures.* 3\b"):
            tiny().fit(graphs, holes)
    with pytest.raises(ValueError, match="target 1 is NaN for every structure"):
        tiny().fit(graphs, np.column_stack([y, y + np.nan]))


@pytest.mark.parametrize(
    "wrong",
    [
        lambda y: y[:-1],
        lambda y: np.append(y, 1.0),
        lambda y: y.reshape(-1, 1, 1),
        lambda y: np.where(y > 15, np.inf, y),
        lambda y: ["a"] * len(y),
        lambda y: None,
        lambda y: 1.0,
    ],
    ids=["short", "long", "3-D", "infinite", "words", "None", "number"],
)
def test_a_y_that_makes_no_sense_is_refused(graphs, y, wrong):
    with pytest.raises((ValueError, TypeError)):
        tiny().fit(graphs, wrong(y))


@each_regressor
def test_torchs_defaults_do_not_matter(cls, changes, graphs, y):
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        with torch.inference_mode():
            model = tiny(cls, **changes).fit(graphs, y)
    finally:
        torch.set_default_dtype(before)
    assert {p.dtype for p in model.net_.module_.parameters()} == {torch.float32}
    assert np.isfinite(model.predict(graphs)).all()


# -- sample_weight ---------------------------------------------------------------------

# One batch: no order in it. Squares: no sign that rounding could turn.
WHOLE = {"batch_size": 100, "lr": 3e-3, "max_epochs": 5, "loss": "mse"}


def weighted(X, y, weights=None, **changes):
    return tiny(**WHOLE, **changes).fit(X, y, sample_weight=weights)


def test_equal_weights_are_no_weights(graphs, y):
    expected = weighted(graphs, y).predict(graphs)
    for weight in (1e-50, 1.0, 5.0, 1e42, 1e300):  # 1 / variance, in joule for one
        found = weighted(graphs, y, np.full(len(y), weight)).predict(graphs)
        np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_weight_zero_is_leaving_out(graphs, y):
    weights, spoiled = np.ones(len(y)), y.copy()
    weights[[2, 6]] = 0
    spoiled[[2, 6]] = 1e3, -1e300
    kept = weights > 0
    found = weighted(graphs, spoiled, weights).predict(graphs)
    expected = weighted(graphs[kept], y[kept]).predict(graphs)
    np.testing.assert_allclose(found, expected, rtol=1e-3)


def test_whole_weights_are_repetitions(graphs, y):
    counts = np.array([1, 2, 1, 1, 3, 1, 1, 2, 1, 1])
    rows = np.repeat(np.arange(len(y)), counts)
    found = weighted(graphs, y, counts).predict(graphs)
    expected = weighted(graphs[rows], y[rows]).predict(graphs)
    np.testing.assert_allclose(found, expected, rtol=1e-3)


def test_what_weighs_more_is_learnt_better(graphs, y):
    # One crystal, told to be two things: the weightier is believed.
    X, z = graphs[[0, 0, 1, 1]], [0.0, 1.0, 0.0, 1.0]
    changes = {**WHOLE, "max_epochs": 100, "lr": 1e-2}
    found = tiny(**changes).fit(X, z, sample_weight=[9, 1, 1, 9]).predict(X[[0, 2]])
    assert found[0] < 0.3 < 0.7 < found[1]


@pytest.mark.parametrize("batch_size", [1, 8])
def test_what_weighs_more_does_so_in_other_batches_too(graphs, batch_size):
    # One crystal: the best answer is the mean of what it is told to be.
    X, z, weights = graphs[[0] * 32], np.eye(32)[0], np.ones(32)
    weights[0] = 31
    model = tiny(**WHOLE | {"batch_size": batch_size, "max_epochs": 40, "lr": 1e-3})
    found = model.fit(X, z, sample_weight=weights).predict(X[:1])
    assert found[0] == pytest.approx(0.5, abs=0.1)


def test_losses_do_not_depend_on_the_batches(graphs, y):
    z = np.column_stack([y, y**2])
    z[::3, 1] = np.nan
    weights = np.linspace(0.1, 3, len(y))
    still = {"early_stopping": True, "validation_fraction": 0.5, "lr": 1e-12}
    losses = [
        tiny(max_epochs=1, batch_size=size, **still)
        .fit(graphs, z, sample_weight=weights)
        .history_[["train_loss", "valid_loss"]]
        for size in (1, 2, 10)
    ]
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-5)
    np.testing.assert_allclose(losses[0], losses[2], rtol=1e-5)


@pytest.mark.parametrize("wrong", [[1.0], np.ones((10, 2)), [np.nan] * 10, [-1.0] * 10])
def test_weights_that_make_no_sense_are_refused(graphs, y, wrong):
    with pytest.raises(ValueError, match=r"sample_weight|Sample weights|NaN|Negative"):
        tiny().fit(graphs, y, sample_weight=wrong)


# -- randomness ------------------------------------------------------------------------


@each_estimator
def test_the_same_seed_gives_the_same_bits(cls, changes, graphs, y):
    parameters = {**changes, "dropout": 0.3, "averaging": 0.9}
    first, second, other = (
        tiny(cls, **parameters, random_state=seed).fit(graphs, y > 15).transform(graphs)
        for seed in (7, 7, 8)
    )
    np.testing.assert_array_equal(first, second)
    assert (first != other).any()


def test_a_random_state_object_is_used_up(graphs, y):
    state = np.random.RandomState(0)
    first, second = (tiny(random_state=state).fit(graphs, y) for _ in range(2))
    assert (first.predict(graphs) != second.predict(graphs)).any()
    again = tiny(random_state=np.random.RandomState(0)).fit(graphs, y)
    np.testing.assert_array_equal(again.predict(graphs), first.predict(graphs))


def test_the_callers_randomness_is_left_alone(graphs, y):
    def states():
        kind, keys, *rest = np.random.get_state()  # noqa: NPY002 - it is the old global state that must stay
        torchs = torch.get_rng_state().tolist()
        return random.getstate(), kind, keys.tolist(), rest, torchs

    before = states()
    found = tiny(early_stopping=True, validation_fraction=0.3, dropout=0.5)
    found.fit(graphs, y).predict(graphs)
    found.partial_fit(graphs, y)
    assert states() == before


def test_fits_in_threads_do_not_disturb_each_other(graphs, y):
    def fit(seed):
        return tiny(random_state=seed, dropout=0.3, max_epochs=4).fit(graphs, y)

    expected = [fit(seed).predict(graphs) for seed in range(6)]
    before = torch.get_rng_state()
    parallel = Parallel(n_jobs=4, backend="threading")
    models = parallel(delayed(fit)(seed) for seed in range(6))
    after = torch.get_rng_state()
    torch.set_rng_state(before)
    for model, out in zip(models, expected, strict=True):
        np.testing.assert_array_equal(model.predict(graphs), out)
    assert torch.equal(before, after)


def test_torchs_randomness_does_not_matter(graphs, y, model):
    with torch.random.fork_rng():
        torch.manual_seed(99)
        found = tiny().fit(graphs, y)
    np.testing.assert_array_equal(found.predict(graphs), model.predict(graphs))


# -- refusals --------------------------------------------------------------------------


@pytest.mark.parametrize("cls", [KNAGCNRegressor, KNAGCNClassifier])
@pytest.mark.parametrize("method", ["predict", "transform", "history_"])
def test_nothing_is_answered_before_a_fit(graphs, cls, method):
    ask = {"history_": lambda model: model.history_}
    ask |= {n: methodcaller(n, graphs) for n in ("predict", "transform")}
    with pytest.raises(NotFittedError):
        ask[method](tiny(cls))


@pytest.mark.parametrize("empty", [[], (), np.empty((0, 1), dtype=object), "graphs"])
def test_nothing_cannot_be_learnt_or_predicted(graphs, model, empty):
    X = graphs[[]] if isinstance(empty, str) else empty
    for ask in (lambda: tiny().fit(X, []), lambda: model.predict(X)):
        with pytest.raises(ValueError, match=r"empty|at least one|no structures"):
            ask()


@pytest.mark.parametrize(
    "changes", [{"tie_tolerance": 0.1}, {"reflect": False}, {"frames": "paper"}]
)
def test_graphs_of_another_kind_are_refused(crystals, model, changes):
    other = StructureGraphTransformer(k=6, **changes).transform(crystals)
    with pytest.raises(ValueError, match="trained on graphs made with"):
        model.predict(other)


def test_graphs_with_fewer_neighbours_are_refused(graphs, model, y):
    with pytest.raises(ValueError, match="trained on graphs made with"):
        model.predict(graphs.with_k(5))
    with pytest.raises(ValueError, match="k must lie between 1 and 6"):
        tiny(k=7).fit(graphs, y)


@pytest.mark.parametrize(
    "changes", [{"k": 9}, {"reduce": False}, {"dtype": "float64"}], ids=str
)
def test_graphs_that_mean_the_same_are_taken(crystals, graphs, model, changes):
    other = StructureGraphTransformer(**{"k": 6, **changes}).transform(crystals)
    np.testing.assert_allclose(
        model.predict(other), model.predict(graphs), rtol=1e-4, atol=1e-3
    )


def test_structures_get_the_graphs_of_the_training(crystals, y):
    kind = StructureGraphTransformer(k=6, tie_tolerance=0.05, reflect=False)
    graphs = kind.transform(crystals)
    found = tiny().fit(graphs, y)
    np.testing.assert_array_equal(found.predict(crystals), found.predict(graphs))


@pytest.mark.parametrize("device", ["gpu", "cuda:x", "", "nowhere"])
def test_a_device_that_is_none_is_refused(graphs, y, device):
    with pytest.raises((ValueError, RuntimeError), match=r"[Dd]evice"):
        tiny(device=device).fit(graphs, y)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_refused(graphs, y):
    with pytest.raises(ValueError, match="no CUDA device"):
        tiny(device="cuda").fit(graphs, y)
    tiny(device="auto", precision="auto").fit(graphs, y)


def test_a_crystal_is_no_list_of_crystals(crystals, model):
    with pytest.raises((ValueError, TypeError)):
        model.predict(crystals[0])
    with pytest.raises((ValueError, TypeError), match="1"):
        model.predict([crystals[0], "NaCl"])


def test_elements_that_were_never_seen_are_no_error(model, graphs):
    gold = Structure(Lattice.cubic(4.08), ["Au"], [[0, 0, 0]])
    assert np.isfinite(model.predict([gold])).all()
    found = tiny(embedding="atom2vec").fit(graphs[:4], [1.0, 2, 3, 4])
    assert np.isfinite(found.predict([gold])).all()


def test_words_and_nothing_are_no_targets(graphs):
    with pytest.raises(ValueError, match=r"y holds words, such as 'Li'.*classifier"):
        tiny().fit(graphs, ["Li"] * 10)
    with pytest.raises(ValueError, match="Pass a number for each structure"):
        tiny().fit(graphs, None)
    assert tiny().fit(graphs, ["1.5", "2"] * 5).predict(graphs).shape == (10,)
