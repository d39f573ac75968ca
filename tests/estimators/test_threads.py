"""One fitted object in many threads; and what may change nothing, changes nothing."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from sk_knagcn import GraphCache, StructureGraphTransformer
from tests.estimators.tiny import CLASSIFIERS, REGRESSORS, tiny

THREADS, ROUNDS = 8, 40
# Products of matrices may be summed in another order: the last digits of a float32.
LAST_DIGITS = {"rtol": 1e-4, "atol": 1e-5}


def at_once(function, arguments):
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(function, arguments))


def parts_of(n):
    rng = np.random.default_rng(0)
    return [rng.permutation(n)[: rng.integers(1, n + 1)] for _ in range(ROUNDS)]


@pytest.mark.parametrize(("cls", "changes"), [*REGRESSORS, *CLASSIFIERS], ids=str)
def test_eight_threads_ask_one_network(cls, changes, graphs, y):
    model = tiny(cls, **changes).fit(graphs, y > 15)
    ask = getattr(model, "predict_proba", model.predict)
    for function in (ask, model.transform):
        parts = [graphs[rows] for rows in parts_of(len(graphs))]
        alone = [function(part) for part in parts]
        for one, other in zip(at_once(function, parts), alone, strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("where", ["nowhere", "memory", "folder"])
def test_eight_threads_build_graphs(where, crystals, tmp_path):
    caches = {
        "nowhere": lambda: None,
        "memory": GraphCache,
        "folder": lambda: GraphCache(max_bytes=2000, path=tmp_path),
    }
    transformer = StructureGraphTransformer(k=6, cache=caches[where]())
    expected = StructureGraphTransformer(k=6, cache=None).transform(crystals)
    parts = parts_of(len(crystals))
    built = at_once(
        lambda rows: transformer.transform([crystals[i] for i in rows]), parts
    )
    for rows, graphs in zip(parts, built, strict=True):
        assert graphs == expected[rows]


def test_eight_threads_predict_from_structures(crystals, graphs, y):
    model = tiny().fit(graphs, y)
    expected = model.predict(crystals)
    for found in at_once(lambda _: model.predict(crystals), range(ROUNDS)):
        np.testing.assert_array_equal(found, expected)


@pytest.fixture
def fitted(graphs, y):
    return tiny(max_epochs=5).fit(graphs, y)


def test_rows_do_not_know_of_one_another(fitted, graphs):
    expected = fitted.predict(graphs)
    order = np.random.default_rng(1).permutation(len(graphs))
    np.testing.assert_allclose(
        fitted.predict(graphs[order]), expected[order], **LAST_DIGITS
    )
    singly = [fitted.predict(graphs[[i]])[0] for i in range(len(graphs))]
    np.testing.assert_allclose(singly, expected, **LAST_DIGITS)
    fitted.net_.max_atoms = 3  # pieces as small as they get
    np.testing.assert_allclose(fitted.predict(graphs), expected, **LAST_DIGITS)


def test_threads_of_torch_change_the_last_digits_at_most(graphs, y):
    many, before = graphs[np.arange(len(graphs)).repeat(40)], torch.get_num_threads()
    found = {}
    try:
        for n in (1, 2):
            torch.set_num_threads(n)
            model = tiny(max_epochs=3).fit(graphs, y)
            found[n] = model.predict(many)
    finally:
        torch.set_num_threads(before)
    np.testing.assert_allclose(found[1], found[2], **LAST_DIGITS)


@pytest.mark.parametrize("n_jobs", [2, -1])
def test_graphs_are_the_same_with_more_workers(crystals, n_jobs):
    one, more = (
        StructureGraphTransformer(k=6, cache=None, n_jobs=n).transform(crystals * 30)
        for n in (None, n_jobs)
    )
    assert one == more


def test_precision_of_torch_is_left_as_it_was(graphs, y):
    model = tiny().fit(graphs, y)
    settings = torch.backends.cuda.matmul
    before = settings.allow_tf32
    try:
        settings.allow_tf32 = True
        at_once(lambda _: model.predict(graphs), range(4 * ROUNDS))
        assert settings.allow_tf32
    finally:
        settings.allow_tf32 = before
