"""The disk is full: that is said, and nothing is lost that was finished."""

import numpy as np
import pytest
from skorch.callbacks import Callback

from sk_knagcn import (
    CrystalGraphs,
    GraphCache,
    StructureGraphTransformer,
    compare,
    load_model,
    save_model,
)
from tests.comparison.models import Recording
from tests.estimators.tiny import tiny
from tests.faults.limits import room_for


@pytest.fixture(scope="module")
def model(graphs, y):
    return tiny().fit(graphs, y)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("room", [0, 100, 5000])
def test_a_model_is_written_whole_or_not_at_all(model, graphs, tmp_path, room):
    path = tmp_path / "model.safetensors"
    save_model(model, path)
    for file in (path, tmp_path / "second.safetensors"):
        with room_for(room), pytest.raises(OSError, match="cannot be written") as error:
            save_model(model, file, overwrite=True)
        assert file.name in str(error.value)
    assert names(tmp_path) == ["model.safetensors"]
    assert (load_model(path).predict(graphs) == model.predict(graphs)).all()


@pytest.mark.parametrize("room", [0, 200, 1000])
def test_graphs_are_written_whole_or_not_at_all(graphs, tmp_path, room):
    path = tmp_path / "graphs"
    graphs[:3].save(path)
    for folder in (path, tmp_path / "second"):
        with room_for(room), pytest.raises(OSError, match="cannot be written") as error:
            graphs.save(folder, overwrite=True)
        assert str(folder) in str(error.value)
    assert names(tmp_path) == ["graphs"]
    assert CrystalGraphs.open(path) == graphs[:3]


class FullAfter(Callback):
    """Nothing more can be written after some epochs."""

    def __init__(self, epochs, limit):
        self.epochs, self.limit = epochs, limit

    def on_epoch_begin(self, net, **kwargs):
        if len(net.history) == self.epochs + 1:
            self.limit.__enter__()

    def on_train_end(self, net, **kwargs):
        self.limit.__exit__(None, None, None)


def test_a_training_goes_on_from_the_last_epoch_that_could_be_written(
    graphs, y, tmp_path
):
    expected = tiny(max_epochs=5).fit(graphs, y)
    model = tiny(max_epochs=5, checkpoint=tmp_path)
    model.set_params(callbacks=[FullAfter(3, room_for(1000))])
    with pytest.raises(OSError, match=r"checkpoint cannot be written.*make room"):
        model.fit(graphs, y)
    assert [path.suffix for path in tmp_path.iterdir()] == [".checkpoint"]
    done = []

    class Count(Callback):
        def on_epoch_end(self, net, **kwargs):
            done.append(len(net.history))

    model.set_params(callbacks=[Count()]).fit(graphs, y)
    assert done == [4, 5]
    assert (model.predict(graphs) == expected.predict(graphs)).all()


@pytest.mark.parametrize("room", [0, 4096, 20_000])
def test_a_cache_that_cannot_grow_is_done_without(crystals, tmp_path, room):
    expected = StructureGraphTransformer(k=6, cache=None).transform(crystals)
    transformer = StructureGraphTransformer(k=6, cache=GraphCache(path=tmp_path))
    with (
        room_for(room),
        pytest.warns(UserWarning, match=r"cannot be written.*going on"),
    ):
        assert transformer.transform(crystals) == expected
    # With room again, what is there is sound and the rest is added.
    transformer.set_params(cache=GraphCache(path=tmp_path))
    assert transformer.transform(crystals) == expected
    filled = GraphCache(path=tmp_path)
    assert transformer.set_params(cache=filled).transform(crystals) == expected
    assert filled.misses == 0


class FullLater(Recording):
    """Fills the disk when it is fitted for the second time."""

    limit = None

    def fit(self, X, y):
        super().fit(X, y)
        if FullLater.limit is not None and len(names(self.folder)) == 2:
            FullLater.limit.__enter__()
        return self


# What older numpy leaves of the archive complains when it is collected.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_comparison_keeps_the_folds_that_are_finished(crystals, y, tmp_path):
    fits, journal = tmp_path / "fits", tmp_path / "journal"
    fits.mkdir()
    FullLater.limit = room_for(100)
    try:
        with pytest.raises(OSError, match=r"outcome of a fold.*make room"):
            compare({"mean": FullLater(fits)}, crystals, y, cv=3, path=journal)
    finally:
        FullLater.limit.__exit__(None, None, None)
        FullLater.limit = None
    assert [path.suffix for path in journal.iterdir()] == [".npz"]
    result = compare({"mean": FullLater(fits)}, crystals, y, cv=3, path=journal)
    assert len(names(fits)) == 4  # the second fold was done again, the first was not
    assert np.isfinite(result.predictions["mean"]).all()
