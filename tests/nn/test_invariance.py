"""What a network says does not depend on how a crystal is written down."""

import pytest
import torch
from pymatgen.core import Molecule

from sk_knagcn import StructureGraphTransformer
from tests.nn.networks import CONVOLUTIONS, READOUTS, batch_from, batch_of, network

WATER = Molecule(["O", "H", "H"], [[0, 0, 0], [0.76, 0.59, 0], [-0.76, 0.59, 0]])
HELIUM = Molecule(["He"], [[0, 0, 0]])


@pytest.fixture(scope="module")
def full(crystals):
    return batch_from(crystals, reduce=False)


@pytest.fixture(scope="module")
def reduced(graphs):
    return batch_of(graphs)


def close(first, second, tolerance=1e-4):
    scale = second.abs().max()
    torch.testing.assert_close(first / scale, second / scale, atol=tolerance, rtol=0)


def relabelled(batch, seed=0):
    """The same graphs, the atoms of each in another order, and that order."""
    generator = torch.Generator().manual_seed(seed)
    noise = torch.rand(len(batch.species), generator=generator)
    order = (batch.structure + 0.9 * noise).argsort()
    return order, batch._replace(
        species=batch.species[order],
        neighbors=order.argsort()[batch.neighbors[order]],
        coordinates=batch.coordinates[order],
        slot_mask=None if batch.slot_mask is None else batch.slot_mask[order],
        multiplicity=batch.multiplicity[order],
    )


def turned(batch, seed=0):
    """Every atom's coordinates in another frame, right- or left-handed."""
    generator = torch.Generator().manual_seed(seed)
    frames, _ = torch.linalg.qr(
        torch.randn(len(batch.species), 3, 3, generator=generator)
    )
    frames[::2] *= -1
    assert {-1, 1} == set(torch.linalg.det(frames).round().int().tolist())
    return batch._replace(coordinates=torch.bmm(batch.coordinates, frames))


def shuffled_slots(batch, seed=0, keep_last=False):
    """Every atom's slots in another order."""
    generator = torch.Generator().manual_seed(seed)
    order = torch.rand(batch.neighbors.shape, generator=generator).argsort(1)
    if keep_last:
        k = order.shape[1]
        order = torch.cat(
            [
                torch.rand(len(order), k - 1, generator=generator).argsort(1),
                torch.full((len(order), 1), k - 1),
            ],
            dim=1,
        )
    places = order.unsqueeze(-1).expand(-1, -1, 3)
    return batch._replace(
        neighbors=batch.neighbors.gather(1, order),
        coordinates=batch.coordinates.gather(1, places),
    )


@pytest.mark.parametrize("convolution", CONVOLUTIONS)
def test_atoms_may_be_relabelled(full, convolution):
    module = network(convolution)
    order, changed = relabelled(full)
    assert not torch.equal(changed.neighbors, full.neighbors)
    close(module(changed), module(full), 1e-5)
    close(module._features(changed), module._features(full)[order], 1e-5)


@pytest.mark.parametrize("readout", READOUTS)
@pytest.mark.parametrize("convolution", CONVOLUTIONS)
def test_reduced_graphs_are_full_graphs(reduced, full, convolution, readout):
    assert len(reduced.species) < len(full.species)
    module = network(convolution, readout=readout)
    close(module(reduced), module(full))
    close(module.pool(reduced), module.pool(full))


@pytest.mark.parametrize("convolution", CONVOLUTIONS)
def test_reduced_graphs_are_full_graphs_in_training(reduced, full, convolution):
    # Batch statistics and gradients count every atom, not every stored one.
    gradients = []
    for batch in (reduced, full):
        module = network(convolution).train()
        module(batch).square().sum().backward()
        found = [p.grad for p in module.parameters() if p.grad is not None]
        found = [p.grad for p in module.parameters() if p.grad is not None]
        gradients.append(torch.cat([gradient.flatten() for gradient in found]))
    close(*gradients, 1e-3)


@pytest.mark.parametrize("convolution", CONVOLUTIONS)
def test_structures_of_a_batch_do_not_see_each_other(graphs, reduced, convolution):
    module = network(convolution)
    alone = torch.cat([module(batch_of(graphs[[i]])) for i in range(len(graphs))])
    close(alone, module(reduced), 1e-5)


@pytest.mark.parametrize("change", [turned, shuffled_slots])
def test_moments_know_neither_frame_nor_slot(full, change):
    module = network("moments")
    kwargs = {"keep_last": True} if change is shuffled_slots else {}
    close(module(change(full, **kwargs)), module(full), 1e-5)


@pytest.mark.parametrize("change", [turned, shuffled_slots])
def test_cgcnn_knows_neither_frame_nor_slot(full, change):
    module = network("cgcnn")
    close(module(change(full)), module(full), 1e-5)


@pytest.mark.parametrize("change", [turned, shuffled_slots])
def test_scalars_of_3dgcn_know_neither_frame_nor_slot(full, change):
    module = network("3dgcn")
    if change is shuffled_slots:
        close(module(change(full)), module(full), 1e-5)
    else:  # tanh acts on each axis of a vector by itself, as published
        assert torch.isfinite(module(change(full))).all()


def test_slots_know_the_frame_and_the_slot(full):
    module = network("slots")
    for change in (turned, shuffled_slots):
        assert (module(change(full)) - module(full)).abs().max() > 1e-3


@pytest.mark.parametrize("convolution", ["moments", "3dgcn", "slots"])
def test_the_surroundings_are_seen_with_their_angles(convolution):
    # Square and tetrahedron: four bonds of one length and kind, other angles.
    square = [[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0]]
    tetrahedron = [[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]
    molecules = [
        Molecule(["C", *"HHHH"], [[0, 0, 0], *places])
        for places in (square, [[x / 3**0.5 for x in p] for p in tetrahedron])
    ]
    module = network(convolution, n_layers=3, k=4)
    first, second = module(batch_from(molecules, k=4))
    assert (first - second).abs().max() > 1e-5  # a hundred times the rounding


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("convolution", CONVOLUTIONS)
def test_empty_slots_count_for_nothing(graphs, crystals, convolution, training):
    batch = batch_from([WATER, HELIUM, crystals[0]])
    assert batch.slot_mask is not None
    assert not batch.slot_mask.all()
    elsewhere = torch.where(batch.slot_mask, batch.neighbors, len(batch.species) - 1)
    changed = batch._replace(neighbors=elsewhere)
    module = network(convolution)
    expected = network(convolution)
    module.train(training)
    expected.train(training)
    out = module(changed)
    assert torch.isfinite(out).all()
    close(out, expected(batch), 1e-6)


@pytest.mark.parametrize("convolution", ["cgcnn", "3dgcn"])
def test_more_empty_slots_change_nothing(convolution):
    module = network(convolution)
    few, many = (batch_from([WATER], k=k) for k in (2, 9))
    close(module(many), module(few), 1e-6)


@pytest.mark.parametrize("readout", READOUTS)
@pytest.mark.parametrize("convolution", CONVOLUTIONS)
def test_an_atom_without_neighbours_has_finite_gradients(convolution, readout):
    module = network(convolution, readout=readout).train()
    module(batch_from([HELIUM, WATER])).sum().backward()
    assert all(
        torch.isfinite(p.grad).all() for p in module.parameters() if p.grad is not None
    )


@pytest.mark.parametrize("convolution", CONVOLUTIONS)
def test_every_parameter_matters(full, convolution):
    module = network(convolution).train()
    module(full).square().sum().backward()
    idle = [
        name
        for name, p in module.named_parameters()
        if p.grad is None or not p.grad.any()
    ]
    if convolution == "3dgcn":  # vectors are zero at first, and at last not looked at
        vectors = (
            "layers.1.vector",
            "vector_from_vector",
            "layers.0.scalar_from_along",
        )
        idle = [name for name in idle if not any(v in name for v in vectors)]
    # What is added to all atoms alike is taken out again by the norm that follows.
    assert [name for name in idle if "from_atom.bias" not in name] == []


def test_moments_move_smoothly_when_a_neighbour_leaves():
    # Of k = 2 neighbours the farther is passed by a third atom: no jump in between.
    def batch(x):
        places = [[0, 0, 0], [1, 0, 0], [0, 2, 0], [0, 0, x]]
        return batch_from([Molecule(["C", "H", "O", "F"], places)], k=3, cache=None)

    module = network("moments", k=3, n_layers=1)
    before, after = (module(batch(x)) for x in (2.0 - 1e-3, 2.0 + 1e-3))
    close(before, after, 2e-2)


def test_descriptors_join_the_pooled_features(reduced):
    module = network("moments", n_descriptors=3)
    columns = torch.randn(reduced.n_structures, 3)
    first = module(reduced._replace(descriptors=columns))
    second = module(reduced._replace(descriptors=columns + 1))
    assert first.shape == second.shape == (reduced.n_structures, 2)
    assert (first != second).any(dim=1).all()


def test_a_batch_that_was_put_on_disk_is_the_same(graphs, tmp_path):
    graphs.save(tmp_path / "graphs")
    opened = type(graphs).open(tmp_path / "graphs", mmap_mode="r")
    for kept, read in zip(batch_of(graphs), batch_of(opened), strict=True):
        assert (kept is read is None) or torch.equal(kept, read)


@pytest.mark.parametrize("k", [1, 3])
@pytest.mark.parametrize("convolution", CONVOLUTIONS)
def test_any_number_of_neighbours_will_do(crystals, convolution, k):
    graphs = StructureGraphTransformer(k=k).transform(crystals)
    module = network(convolution, k=k)
    assert torch.isfinite(module(batch_of(graphs))).all()
