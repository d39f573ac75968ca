"""Sizes of the networks, what they can learn, and what grows with the cell."""

import numpy as np
import pytest
import torch
from pymatgen.core import Lattice, Structure

from sk_knagcn import StructureGraphTransformer
from sk_knagcn.nn.cgcnn import CGCNNConvolution
from sk_knagcn.nn.slots import SlotsConvolution
from tests.estimators.tiny import NAMES, REGRESSORS, tiny
from tests.nn.networks import CONVOLUTIONS, READOUTS, batch_from, network


def n_weights(module, part="", ndim=(1, 2)):
    return sum(
        p.numel()
        for name, p in module.named_parameters()
        if part in name and p.ndim in ndim
    )


def test_slots_are_as_large_as_the_paper_says():
    # "Slightly over 100 thousand": of an atom, k neighbours and their places.
    convolution = SlotsConvolution(width=128, k=4, n_radial=32)
    assert n_weights(convolution, ndim=(2,)) == 128 * (5 * 128 + 4 * 35)
    assert 100_000 < n_weights(convolution) < 102_000


def test_cgcnn_is_as_large_as_the_paper_says():
    # "About 36 thousand" is one linear map of a bond; there are two, gate and core.
    linear = n_weights(CGCNNConvolution(width=128, n_radial=32), ndim=(2,))
    assert linear == 2 * (2 * 128 + 32) * 128
    assert 36_000 <= linear / 2 < 37_000


@pytest.mark.parametrize(("cls", "changes"), REGRESSORS, ids=NAMES)
def test_every_network_memorises_eight_crystals(cls, changes, graphs, y):
    model = tiny(
        cls,
        **changes,
        n_layers=2,
        width=16,
        n_radial=16,
        max_epochs=150,
        batch_size=8,
        lr=2e-2,
        schedule="onecycle",
        head=(32,),
    )
    eight, y = graphs[:8], np.array([3.0, 1, 4, 1, 5, 9, 2, 6])
    for optimizer in ("adamw", "muon"):
        model.set_params(optimizer=optimizer)
        error = abs(model.fit(eight, y).predict(eight) - y).mean()
        assert error < 0.05 * y.std()


@pytest.mark.parametrize("reduce", [True, False])
@pytest.mark.parametrize(("cls", "changes"), REGRESSORS, ids=NAMES)
def test_sum_doubles_with_the_cell(cls, changes, crystals, y, reduce):
    transformer = StructureGraphTransformer(k=6, reduce=reduce)
    n_atoms = [len(crystal) for crystal in crystals]
    model = tiny(cls, **changes, readout="sum")
    model.fit(transformer.transform(crystals), y * n_atoms)
    doubled = [
        crystal.make_supercell([2, 1, 1], in_place=False) for crystal in crystals
    ]
    once, twice = (model.predict(transformer.transform(c)) for c in (crystals, doubled))
    np.testing.assert_allclose(twice, 2 * once, rtol=1e-5)


@pytest.mark.parametrize("readout", ["mean", "max", "attention"])
@pytest.mark.parametrize("convolution", CONVOLUTIONS)
def test_other_readouts_do_not_change_with_the_cell(crystals, convolution, readout):
    module = network(convolution, readout=readout)
    doubled = [
        crystal.make_supercell([1, 2, 1], in_place=False) for crystal in crystals
    ]
    once, twice = module(batch_from(crystals)), module(batch_from(doubled))
    torch.testing.assert_close(twice, once, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("convolution", CONVOLUTIONS)
def test_no_convolutions_are_a_model_of_the_composition(crystals, convolution):
    module = network(convolution, n_layers=0)
    stretched = [
        Structure(Lattice(1.1 * c.lattice.matrix), c.species, c.frac_coords)
        for c in crystals
    ]
    torch.testing.assert_close(
        module(batch_from(crystals)), module(batch_from(stretched))
    )


@pytest.mark.parametrize("head", [(), (4,), (8, 4)])
def test_the_head_is_as_deep_as_asked_for(crystals, head):
    module = network("slots", head=head, n_outputs=3)
    linear = [layer for layer in module.head if isinstance(layer, torch.nn.Linear)]
    assert [layer.out_features for layer in linear] == [*head, 3]
    assert module(batch_from(crystals)).shape == (len(crystals), 3)


def test_dropout_is_for_training_only(crystals):
    module = network("slots", dropout=0.5)
    batch = batch_from(crystals)
    assert torch.equal(module(batch), module(batch))
    module.train()
    assert not torch.equal(module(batch), module(batch))


@pytest.mark.parametrize("convolution", CONVOLUTIONS)
def test_half_precision_gives_about_the_same(crystals, convolution):
    module = network(convolution)
    batch = batch_from(crystals)
    expected = module(batch)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        out = module(batch).float()
    assert (out - expected).abs().max() < 0.1 * expected.abs().max() + 0.02


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("readout", READOUTS)
@pytest.mark.parametrize("convolution", CONVOLUTIONS)
def test_atoms_that_count_for_nothing_change_nothing(
    crystals, convolution, readout, training
):
    padded = batch_from(crystals)
    n = int(padded.sizes.sum())
    assert len(padded.species) > n
    per_atom = {"species", "neighbors", "coordinates", "multiplicity", "structure"}
    if padded.slot_mask is not None:
        per_atom.add("slot_mask")
    bare = padded._replace(**{name: getattr(padded, name)[:n] for name in per_atom})
    found = []
    for batch in (padded, bare):
        module = network(convolution, readout=readout).train(training)
        outputs = module(batch)
        outputs.square().sum().backward()
        gradients = {
            name: p.grad for name, p in module.named_parameters() if p.grad is not None
        }
        found.append((outputs.detach(), gradients, dict(module.named_buffers())))
    torch.testing.assert_close(*found, rtol=1e-4, atol=1e-5)
