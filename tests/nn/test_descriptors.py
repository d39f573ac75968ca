"""Descriptors on their way into the network: scaled, filled, cut, joined."""

import pytest
import torch

from sk_knagcn.graphs import Columns
from sk_knagcn.nn import DescriptorBlock
from tests.nn.networks import READOUTS, batch_from, network


def fitted(values, weights=None):
    block = DescriptorBlock(values.shape[1])
    block.fit(values, torch.ones(len(values)) if weights is None else weights)
    return block


def scaled(block, values):
    """What the block's linear layer is given."""
    seen = []
    block.linear.register_forward_hook(lambda _, inputs, __: seen.append(inputs[0]))
    block(values)
    return seen[0]


def test_rows_count_by_their_weight():
    values = torch.tensor([[1.0, 2.0], [3.0, torch.nan], [9.0, 5.0], [1e9, 1e9]])
    weighted = fitted(values, torch.tensor([1.0, 2.0, 3.0, 0.0]))
    repeated = fitted(values[[0, 1, 1, 2, 2, 2]])
    torch.testing.assert_close(weighted.center, repeated.center)
    torch.testing.assert_close(weighted.inverse_scale, repeated.inverse_scale)


def test_columns_are_scaled_by_what_was_fitted():
    torch.manual_seed(0)
    values = (torch.randn(200, 3) + 7) * torch.tensor([1e-3, 1.0, 1e4])
    block = fitted(values)
    found = scaled(block, values)
    torch.testing.assert_close(found.mean(0), torch.zeros(3), atol=1e-4, rtol=0)
    torch.testing.assert_close(found.square().mean(0), torch.ones(3), atol=1e-3, rtol=0)
    # Other values do not change what was learnt.
    torch.testing.assert_close(scaled(block, values[:5]), found[:5])


def test_what_is_missing_counts_as_the_mean():
    values = torch.randn(50, 2)
    holes = values.clone()
    holes[::3, 0] = torch.nan
    block = fitted(holes)
    known = values[:, 0][~holes[:, 0].isnan()]
    torch.testing.assert_close(block.center[0], known.mean())
    found = scaled(block, holes)
    assert not found.isnan().any()
    assert (found[::3, 0] == 0).all()


@pytest.mark.parametrize("value", [0.0, 0.1, 1e6, torch.nan])
def test_a_column_that_never_changes_is_ignored(value):
    values = torch.full((30, 1), value)
    block = fitted(values)
    assert (scaled(block, torch.tensor([[value], [3.0], [torch.nan]])) == 0).all()


def test_what_was_never_seen_is_cut():
    block = fitted(torch.randn(100, 1))
    found = scaled(block, torch.tensor([[1e9], [-1e9]]))
    assert found.ravel().tolist() == [5.0, -5.0]


@pytest.mark.parametrize("readout", READOUTS)
def test_the_output_depends_on_descriptors_after_the_readout_only(crystals, readout):
    torch.manual_seed(0)
    module = network("moments", readout=readout, n_descriptors=3)
    batch = batch_from(crystals)
    first = batch._replace(descriptors=torch.randn(len(crystals), 3))
    second = batch._replace(descriptors=torch.randn(len(crystals), 3))
    assert torch.equal(module.pool(first), module.pool(second))
    assert (module(first) != module(second)).any(dim=1).all()


def test_sum_readout_gives_every_atom_the_descriptors(crystals):
    module = network("moments", readout="sum", n_descriptors=2)
    batch = batch_from(crystals)
    batch = batch._replace(descriptors=torch.randn(len(crystals), 2))
    weighted = batch.multiplicity[: batch.sizes.sum(), None] * module.atom_outputs(
        batch
    )
    parts = [part.sum(0) for part in weighted.split(batch.sizes.tolist())]
    torch.testing.assert_close(torch.stack(parts), module(batch))


def test_names_and_values_select_rows_together():
    columns = Columns(("a",), torch.arange(4.0).reshape(4, 1).numpy())
    assert columns[1:3].values.ravel().tolist() == [1.0, 2.0]
