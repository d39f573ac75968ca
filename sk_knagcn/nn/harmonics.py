"""Real spherical harmonics up to degree two, as polynomials."""

from __future__ import annotations

import torch
from torch import Tensor

HARMONICS = (1, 3, 5)  # how many there are of each degree


def spherical_harmonics(directions: Tensor) -> Tensor:
    """Real spherical harmonics of unit vectors, of mean square one on the sphere.

    Degree three was tried as well: no better on perovskites, and a quarter slower.

    Parameters
    ----------
    directions : Tensor of shape (..., 3)
        Unit vectors. Of a zero vector only the first harmonic has a meaning.

    Returns
    -------
    Tensor of shape (9, ...)
        One row for each harmonic, by degree.
    """
    x, y, z = directions.unbind(-1)
    return torch.stack(
        [
            torch.ones_like(x),
            3**0.5 * x,
            3**0.5 * y,
            3**0.5 * z,
            15**0.5 * x * y,
            15**0.5 * y * z,
            5**0.5 / 2 * (3 * z * z - 1),
            15**0.5 * x * z,
            15**0.5 / 2 * (x * x - y * y),
        ]
    )
