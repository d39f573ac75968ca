"""What a network knows of an element before it looks around."""

from __future__ import annotations

from torch import Tensor, nn

from sk_knagcn.nn.elements import HEAVIEST


class ElementEmbedding(nn.Module):
    """A vector for each element: learned freely, from a table, or both.

    Parameters
    ----------
    width : int
        Length of the vectors.
    table : Tensor of shape (119, d), optional
        Fixed properties by atomic number, which a linear layer maps to the vectors.
    learned : bool, default=True
        Add a vector of its own for each element. Beside a table it starts from zero,
        so that an element unseen in training keeps what the table says of it.
    """

    table: Tensor | None

    def __init__(self, width: int, table: Tensor | None = None, learned: bool = True):
        super().__init__()
        self.register_buffer("table", table)
        self.linear = None if table is None else nn.Linear(table.shape[1], width)
        self.own = nn.Embedding(HEAVIEST + 1, width) if learned else None
        if self.own is not None and table is not None:
            nn.init.zeros_(self.own.weight)

    def forward(self, species: Tensor) -> Tensor:
        """Vectors (A, width) of atomic numbers (A,)."""
        # All vectors first: the table is short, and they are looked up only once.
        vectors = [] if self.own is None else [self.own.weight]
        if self.table is not None and self.linear is not None:
            vectors.append(self.linear(self.table))
        return nn.functional.embedding(species, sum(vectors[1:], vectors[0]))
