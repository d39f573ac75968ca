"""Atoms a lattice translation apart, which see exactly the same."""

from sk_knagcn.geometry.kernel import leaf

# Neighbourhoods that agree to this (Angstrom) are the same but for rounding.
_EXACT = 1e-9


@leaf
def is_shifted_copy(i, j, start, index, vectors, distances, numbers, same_place):
    """Whether atom j sees exactly what atom i sees: a lattice translation apart.

    Conventional cells and supercells hold many such atoms, and where they are highly
    symmetric each has dozens of frames to try: one of them is enough. `same_place`
    tells for each neighbour of i where its copy stands in the row of j.
    """
    first, second = start[i], start[j]
    there = start[i + 1] - first
    if (
        start[j + 1] - second != there
        or numbers[i] != numbers[j]
        or abs(distances[first] - distances[second]) > _EXACT
    ):
        return False
    low = 0
    for a in range(there):
        e = first + a
        while distances[second + low] < distances[e] - _EXACT:
            low += 1
            if low == there:
                return False
        found = False
        for b in range(low, there):
            f = second + b
            if distances[f] > distances[e] + _EXACT:
                break
            if (
                abs(vectors[e, 0] - vectors[f, 0]) < _EXACT
                and abs(vectors[e, 1] - vectors[f, 1]) < _EXACT
                and abs(vectors[e, 2] - vectors[f, 2]) < _EXACT
                and numbers[index[e]] == numbers[index[f]]
            ):
                same_place[second + a] = b
                found = True
                break
        if not found:
            return False
    return True
