"""Local frames as published: Algorithm 1 of Zhang et al. (2021), ties as they come."""

import numpy as np

from sk_knagcn.geometry.candidates import NOBODY, fill_basis, off_axis
from sk_knagcn.geometry.kernel import kernel
from sk_knagcn.geometry.vectors import dot


@kernel
def paper_frames(start, index, vectors, k):
    """The nearest atom on +z, the second in the yz plane, slots by distance.

    Where the second nearest lies on the z axis, the next one that does not is taken,
    a case that the publication leaves open.
    """
    n = len(start) - 1
    coordinates = np.zeros((n, k, 3))
    slots = np.full((n, k), -1, dtype=np.int32)
    basis = np.zeros((3, 3))
    for i in range(n):
        used = min(k, start[i + 1] - start[i])
        if used == 0:
            continue
        row = vectors[start[i] : start[i] + used]
        second = 1
        while second < used and not off_axis(row, second, 0):
            second += 1
        fill_basis(row, 0, second if second < used else NOBODY, basis)
        for s in range(used):
            slots[i, s] = index[start[i] + s]
            for c in range(3):
                coordinates[i, s, c] = dot(row, s, basis, c)
    return coordinates, slots
