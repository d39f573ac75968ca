"""Graphs on their way to the network: all of them, once, in order."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from sk_knagcn import CrystalGraphs
from sk_knagcn.estimators import fingerprint
from sk_knagcn.graphs.blocks import GraphBlocks
from sk_knagcn.training import GraphDataset, GraphTensors
from sk_knagcn.training.data import Batches, _places
from tests.estimators.tiny import tiny


@pytest.fixture(scope="module")
def data(graphs):
    n = len(graphs)
    return GraphDataset(
        GraphTensors(graphs, "cpu"),
        torch.arange(2 * n).view(n, 2).float(),
        descriptors=torch.arange(n).view(n, 1) * 1.0,
    )


class Many:
    """Rows without graphs, to be cut into batches."""

    def __init__(self, index):
        self.index = index

    def __len__(self):
        return len(self.index)

    def __getitem__(self, index):
        return Many(self.index[index])


def same(first, second):
    return all(
        (a is b is None) or torch.equal(a, b)
        for a, b in zip(first, second, strict=True)
    )


@pytest.mark.parametrize("shuffled", [False, True])
@pytest.mark.parametrize("batch_size", [1, 3, 4, 32, 1000])
@pytest.mark.parametrize("n", [1, 2, 4, 31, 32, 33, 65, 97])
def test_every_row_comes_once_and_no_batch_is_small(n, batch_size, shuffled):
    generator = torch.Generator().manual_seed(0) if shuffled else None
    batches = Batches(Many(torch.arange(n) + 100), batch_size, generator)
    parts = [batch.index for batch in batches]
    rows = torch.cat(parts)
    assert len(parts) == len(batches)
    assert rows.sort().values.tolist() == list(range(100, 100 + n))
    assert shuffled or rows.tolist() == list(range(100, 100 + n))
    sizes = [len(part) for part in parts]
    assert max(sizes) <= batch_size
    assert max(sizes) - min(sizes) <= 1
    if n > batch_size > 2:
        assert min(sizes) > 1  # batch norms need company


def test_epochs_differ_and_seeds_repeat():
    def epochs(seed):
        batches = Batches(
            Many(torch.arange(50)), 8, torch.Generator().manual_seed(seed)
        )
        return [torch.cat([b.index for b in batches]).tolist() for _ in range(2)]

    assert epochs(0) == epochs(0)
    assert epochs(0)[0] != epochs(0)[1]
    assert epochs(0) != epochs(1)


@pytest.mark.parametrize("max_atoms", [1, 2, 3, 5, 8, 100])
def test_pieces_fit_or_are_single_structures(data, max_atoms):
    rows = data.rows(torch.tensor([9, 0, 3, 3, 8, 1, 2]))
    pieces = rows.pieces(max_atoms)
    assert torch.equal(torch.cat([p.index for p in pieces]), rows.index)
    for piece in pieces:
        assert len(piece) == 1 or piece.sizes.sum() <= max_atoms
    # None could have taken its successor's first structure as well.
    for piece, following in pairwise(pieces):
        assert piece.sizes.sum() + following.sizes[0] > max_atoms


def test_rows_of_rows_are_rows_of_the_set(data):
    rows = data.rows(torch.tensor([5, 2, 7]))[torch.tensor([2, 0])]
    assert rows.index.tolist() == [7, 5]
    assert rows.targets()[0].tolist() == [[14, 15], [10, 11]]
    assert rows.graphs().descriptors.tolist() == [[7], [5]]


def test_batches_are_the_graphs_that_were_asked_for(data, graphs):
    rows = torch.tensor([9, 1, 1, 4])
    batch = data.rows(rows).graphs()
    assert batch.n_structures == 4
    assert batch.sizes.tolist() == graphs.n_stored_atoms[rows].tolist()
    counted = batch.multiplicity > 0
    assert torch.equal(batch.structure[counted].bincount(), batch.sizes)
    for i, row in enumerate(rows.tolist()):
        graph, atoms = graphs[row], counted & (batch.structure == i)
        first = int(atoms.nonzero()[0])
        assert batch.species[atoms].tolist() == graph.species.tolist()
        assert (batch.neighbors[atoms] - first).tolist() == graph.neighbors.tolist()
        assert batch.coordinates[atoms].tolist() == graph.coordinates.tolist()
        assert batch.multiplicity[atoms].tolist() == graph.multiplicity.tolist()


def test_indices_are_of_64_bits(data):
    batch = data.rows().graphs()
    for tensor in (batch.species, batch.neighbors, batch.structure, batch.sizes):
        assert tensor.dtype == torch.int64
    assert batch.coordinates.dtype == batch.multiplicity.dtype == torch.float32


@pytest.mark.parametrize("rows", [[0], [3, 3], [9, 0, 4], list(range(10))])
def test_memory_and_disk_give_the_same(graphs, tmp_path, rows):
    graphs.save(tmp_path / "graphs")
    opened = CrystalGraphs.open(tmp_path / "graphs", mmap_mode="r")
    assert opened.on_disk
    assert not graphs.on_disk
    rows = torch.tensor(rows)
    expected = GraphTensors(graphs, "cpu").batch(rows)
    assert same(GraphTensors(opened, "cpu").batch(rows), expected)


def test_views_give_what_they_show(graphs):
    view = graphs[::-1].with_k(3)
    batch = GraphTensors(view, "cpu").batch(torch.tensor([0]))
    assert batch.neighbors.shape[1] == 3
    species = batch.species[: int(batch.sizes.sum())]
    assert species.tolist() == graphs[-1].species.tolist()


@pytest.mark.parametrize("n", [1, 4, 9])
def test_sizes_come_again_and_what_is_added_repeats_the_last_atom(data, n):
    batch = data.rows(torch.arange(n)).graphs()
    n_atoms = int(batch.sizes.sum())
    assert len(batch.species) % 16 == 0
    assert len(batch.species) < n_atoms + 16
    assert (batch.multiplicity[n_atoms:] == 0).all()
    for name in ("species", "neighbors", "coordinates", "structure"):
        values = getattr(batch, name)
        assert (values[n_atoms:] == values[n_atoms - 1]).all()


def test_large_batches_are_of_few_sizes():
    found = np.array([len(_places(n)) for n in range(1, 40_000)])
    wanted = np.arange(1, 40_000)
    assert (found >= wanted).all()
    assert (found - wanted <= np.maximum(15, wanted / 16)).all()
    assert len(np.unique(found[10_000:20_000])) <= 20


def test_the_graphs_are_not_written_to(graphs):
    before = graphs.flat().coordinates.copy()
    GraphTensors(graphs, "cpu").batch(torch.arange(10)).coordinates.zero_()
    assert (graphs.flat().coordinates == before).all()


@pytest.mark.parametrize("early_stopping", [False, True])
def test_a_fit_from_disk_never_holds_more_than_a_batch(
    graphs, y, tmp_path, monkeypatch, early_stopping
):
    graphs.save(tmp_path / "graphs")
    opened = CrystalGraphs.open(tmp_path / "graphs", mmap_mode="r")
    gathered = []
    select = GraphBlocks.select

    def selecting(blocks, rows, k):
        gathered.append(len(rows))
        return select(blocks, rows, k)

    monkeypatch.setattr(GraphBlocks, "select", selecting)
    monkeypatch.setattr(fingerprint, "_AT_ONCE", 3)
    model = tiny(
        batch_size=3,
        averaging=0.9,
        early_stopping=early_stopping,
        checkpoint=tmp_path / "checkpoints",
    )
    model.fit(opened[::-1], y[::-1])
    assert max(gathered) == 3
    again = model.set_params(checkpoint=None).fit(graphs[::-1], y[::-1])
    assert (model.predict(opened) == again.predict(graphs)).all()
