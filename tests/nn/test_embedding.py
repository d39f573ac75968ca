"""Elements as vectors, known or not."""

import numpy as np
import torch

from sk_knagcn.nn import element_properties
from sk_knagcn.nn.embedding import ElementEmbedding

TABLE = torch.from_numpy(element_properties())
SPECIES = torch.tensor([1, 8, 8, 26, 118])


def test_an_unseen_element_keeps_what_the_table_says():
    embedding = ElementEmbedding(16, TABLE)
    optimizer = torch.optim.SGD(embedding.own.parameters(), 0.1)
    embedding(SPECIES).square().sum().backward()
    optimizer.step()
    linear = embedding.linear
    unseen = torch.tensor([9, 27])
    torch.testing.assert_close(embedding(unseen), linear(TABLE[unseen]))
    assert (embedding(SPECIES) != linear(TABLE[SPECIES])).any(dim=1).all()


def test_learned_vectors_alone_are_those_of_the_elements():
    embedding = ElementEmbedding(16)
    assert embedding.table is None
    vectors = embedding(SPECIES)
    assert vectors.shape == (5, 16)
    assert torch.equal(vectors[1], vectors[2])
    assert len(vectors.unique(dim=0)) == 4  # all apart from the start


def test_table_alone_learns_no_vectors():
    embedding = ElementEmbedding(16, TABLE, learned=False)
    assert [name for name, _ in embedding.named_parameters()] == [
        "linear.weight",
        "linear.bias",
    ]
    torch.testing.assert_close(embedding(SPECIES), embedding.linear(TABLE[SPECIES]))


def test_the_table_is_kept_and_not_trained():
    embedding = ElementEmbedding(16, TABLE)
    assert torch.equal(embedding.state_dict()["table"], TABLE)
    assert all(p is not embedding.table for p in embedding.parameters())


def test_properties_are_finite_bounded_and_tell_elements_apart():
    table = element_properties()
    assert table.shape[0] == 119
    assert np.isfinite(table).all()
    assert abs(table).max() <= 3
    assert len(np.unique(table, axis=0)) == 119
    assert not table[0].any()


def test_properties_put_akin_elements_together():
    table = element_properties()

    def apart(a, b):
        return np.linalg.norm(table[a] - table[b])

    sodium, potassium, chlorine, bromine = 11, 19, 17, 35
    assert apart(sodium, potassium) < apart(sodium, chlorine)
    assert apart(chlorine, bromine) < apart(chlorine, potassium)
