"""The loop: the same whatever the memory, and honest when it cannot go on."""

import pytest
import torch

from sk_knagcn.nn import CrystalNetwork
from tests.nn.networks import CONVOLUTIONS
from tests.training.nets import dataset, loss_of, net, weights


@pytest.fixture(scope="module")
def data(graphs, y):
    return dataset(graphs, y)


@pytest.fixture
def memory(monkeypatch):
    """Lets through so many stored atoms at once, and no more."""

    def limit(atoms):
        forward = CrystalNetwork.forward

        def limited(self, batch):
            if batch.sizes.sum() > atoms:
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate")
            return forward(self, batch)

        monkeypatch.setattr(CrystalNetwork, "forward", limited)

    return limit


def assert_same(first, second, **tolerances):
    torch.testing.assert_close(weights(first), weights(second), **tolerances)


def trained(data, *args, **changes):
    return net(*args, **changes).partial_fit(data.rows())


# CGCNN normalises over the atoms that go through at once: it is left out on purpose.
@pytest.mark.parametrize("convolution", ["slots", "moments", "3dgcn"])
@pytest.mark.parametrize("max_atoms", [1, 4])
def test_pieces_change_nothing_but_rounding(data, convolution, max_atoms):
    whole = trained(data, convolution, max_epochs=2)
    pieces = trained(data, convolution, max_epochs=2, max_atoms=max_atoms)
    assert_same(pieces, whole, rtol=1e-3, atol=1e-5)
    losses = [n.history[:, "train_loss"] for n in (whole, pieces)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)


@pytest.mark.parametrize("convolution", CONVOLUTIONS)
def test_pieces_predict_the_same(data, convolution):
    found = net(convolution)
    whole = torch.cat(found.outputs(data.rows()))
    found.max_atoms = 1
    torch.testing.assert_close(torch.cat(found.outputs(data.rows())), whole)


def test_out_of_memory_goes_on_with_less(data, memory):
    expected = trained(data, max_atoms=4)
    memory(4)
    with pytest.warns(RuntimeWarning, match="out of memory: going on with at most"):
        found = trained(data)
    assert_same(found, expected, rtol=1e-3, atol=1e-5)
    assert found.max_atoms <= 4


def test_out_of_memory_in_prediction_goes_on_with_less(data, memory):
    found = net()
    expected = torch.cat(found.outputs(data.rows()))
    memory(5)
    with pytest.warns(RuntimeWarning, match="out of memory"):
        outputs = torch.cat(found.outputs(data.rows()))
    torch.testing.assert_close(outputs, expected)


def test_out_of_memory_in_validation_goes_on_with_less(data, memory):
    found = net()
    expected = loss_of(found, data.rows())
    memory(5)
    with pytest.warns(RuntimeWarning, match="out of memory"):
        assert loss_of(found, data.rows()) == pytest.approx(expected)


@pytest.mark.filterwarnings("ignore:out of memory")
def test_a_structure_that_does_not_fit_is_a_clear_error(data, memory):
    memory(2)  # the largest of them has three atoms
    found = net()
    with pytest.raises(torch.OutOfMemoryError, match="a structure of 3 stored atoms"):
        found.partial_fit(data.rows())


def test_every_step_is_counted_and_every_epoch_recorded(data):
    found = trained(data, max_epochs=4)
    assert found.step_ == found.n_steps_ == 4 * 3
    records = found.records()
    assert [record["epoch"] for record in records] == [1, 2, 3, 4]
    assert all(set(record) >= {"train_loss", "lr", "dur"} for record in records)
    assert all(type(v) in (int, float, bool) for r in records for v in r.values())


@pytest.mark.parametrize("lr", [1e30, float("inf")])
def test_a_loss_that_is_no_number_names_epoch_and_learning_rate(data, lr):
    found = net(lr=lr, max_epochs=9)
    with pytest.raises(FloatingPointError, match=r"epoch [1-9].*learning rate.*lr="):
        found.partial_fit(data.rows())


def test_the_epoch_that_is_named_is_the_one(graphs, y):
    data = dataset(graphs, y)

    class Spoil:
        def on_epoch_end(self, net, **kwargs):
            if len(net.history) == 2:
                data.targets[:] = torch.nan

    from skorch.callbacks import Callback

    spoil = type("SpoilAfterTwo", (Spoil, Callback), {})()
    found = net(max_epochs=5, callbacks=[spoil])
    with pytest.raises(FloatingPointError, match="epoch 3"):
        found.partial_fit(data.rows())


def test_weights_of_zero_teach_nothing(graphs, y):
    mask = torch.ones(len(graphs), 1)
    mask[3:] = 0
    spoiled = y.copy()
    spoiled[3:] = 1e6
    data = [dataset(graphs, values, mask) for values in (y, spoiled)]
    data[1].targets[:3] = data[0].targets[:3]
    assert_same(trained(data[0]), trained(data[1]))


def test_a_batch_without_targets_changes_nothing(graphs, y):
    data = dataset(graphs, y, torch.zeros(len(graphs), 1))
    found = net()
    before = weights(found)
    found.partial_fit(data.rows())
    torch.testing.assert_close(weights(found), before)


@pytest.mark.parametrize("precision", ["float32", "tf32", "bfloat16"])
def test_precision_leaves_torchs_settings_alone(data, precision):
    before = torch.backends.cuda.matmul.allow_tf32
    found = trained(data, precision=precision)
    outputs = torch.cat(found.outputs(data.rows()))
    assert outputs.dtype == torch.float32
    assert torch.isfinite(outputs).all()
    assert torch.backends.cuda.matmul.allow_tf32 == before
    assert not torch.is_autocast_enabled("cpu")


def test_averaging_takes_in_the_second_half_only(data):
    seen = []
    found = net(max_epochs=4, averaging=0.5)
    update = found.average_.update
    found.average_.update = lambda n: (seen.append((found.step_, n)), update(n))
    found.partial_fit(data.rows())
    assert seen == [(7, 1), (8, 2), (9, 3), (10, 4), (11, 5), (12, 6)]
    moving = weights(found)
    average = [a.clone() for a in found.average_.average]
    found.finish(data.rows())
    for left, a in zip(found.module_.parameters(), average, strict=True):
        assert torch.equal(left, a)
    assert any(not torch.equal(moving[n], v) for n, v in weights(found).items())


def test_predictions_come_in_the_order_of_the_rows(data):
    found = net()
    order = torch.tensor([7, 0, 9, 3, 3])
    outputs = torch.cat(found.outputs(data.rows()))
    torch.testing.assert_close(
        torch.cat(found.outputs(data.rows(order))), outputs[order]
    )
