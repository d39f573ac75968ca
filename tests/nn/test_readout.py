"""Readouts count every atom as often as it occurs."""

import pytest
import torch

from sk_knagcn.nn import GraphBatch
from sk_knagcn.nn.readout import make_readout
from tests.nn.networks import READOUTS

MULTIPLICITY = torch.tensor([1, 4, 2, 1, 3])
STRUCTURE = torch.tensor([0, 0, 1, 1, 1])


def batch(multiplicity, structure):
    n = len(multiplicity)
    return GraphBatch(
        species=torch.ones(n, dtype=torch.long),
        neighbors=torch.zeros(n, 1, dtype=torch.long),
        coordinates=torch.ones(n, 1, 3),
        slot_mask=None,
        multiplicity=multiplicity.float(),
        structure=structure,
        sizes=structure.bincount(),
    )


@pytest.fixture
def features():
    return torch.randn(5, 7, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def pooled(features):
    """What a readout makes of the features, shifted if wanted."""

    def pool(readout, shift=0.0):
        return readout(features + shift, batch(MULTIPLICITY, STRUCTURE))

    return pool


@pytest.mark.parametrize("name", READOUTS)
def test_multiplicity_is_repetition(name, features, pooled):
    readout = make_readout(name, 7)
    copies = features.repeat_interleave(MULTIPLICITY, dim=0)
    ones = torch.ones(len(copies))
    full = readout(copies, batch(ones, STRUCTURE.repeat_interleave(MULTIPLICITY)))
    torch.testing.assert_close(pooled(readout), full)


@pytest.mark.parametrize("name", READOUTS)
def test_structures_do_not_see_each_other(name, features, pooled):
    readout = make_readout(name, 7)
    alone = readout(features[2:], batch(MULTIPLICITY[2:], STRUCTURE[2:] - 1))
    torch.testing.assert_close(pooled(readout)[1:], alone)


def test_values(features, pooled):
    first, second = features[:2], MULTIPLICITY[:2].unsqueeze(1)
    total = (first * second).sum(0)
    torch.testing.assert_close(pooled(make_readout("sum", 7))[0], total)
    torch.testing.assert_close(pooled(make_readout("mean", 7))[0], total / 5)
    torch.testing.assert_close(pooled(make_readout("max", 7))[0], first.amax(0))


def test_attention_lies_between_smallest_and_largest(features, pooled):
    out = pooled(make_readout("attention", 7))[0]
    assert (out >= features[:2].amin(0)).all()
    assert (out <= features[:2].amax(0)).all()


def test_attention_does_not_overflow(pooled):
    readout = make_readout("attention", 7)
    torch.nn.init.constant_(readout.score[2].weight, 1e4)
    assert torch.isfinite(pooled(readout)).all()


def test_maximum_of_negative_features_is_negative(pooled):
    assert (pooled(make_readout("max", 7), shift=-100) < 0).all()
