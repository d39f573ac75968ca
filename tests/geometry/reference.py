"""The geometry once more, in plain numpy: slow, short, and the judge of the kernels.

Written from the rules and not from the kernels, so that a mistake in one of the two
shows. Every list here is a Python list and every choice a `min` or a `sorted`.
"""

from itertools import pairwise

import numpy as np

from sk_knagcn.geometry.candidates import OFF_AXIS
from sk_knagcn.geometry.environments import OFF_ROUND, ORBIT_WIDTH, Environments
from sk_knagcn.geometry.ties import closing_gap
from sk_knagcn.structures import Crystal


class Row:
    """The neighbours of one atom, nearest first, cut into shells."""

    def __init__(self, atoms, vectors, k, tolerance):
        distances = np.linalg.norm(vectors, axis=1)
        order = np.argsort(distances, kind="stable")
        self.atoms, self.vectors = atoms[order], vectors[order]
        self.distances = distances[order]
        # A neighbour after a gap begins a shell. As many shells are needed as hold k.
        gaps, bounds = np.diff(self.distances), [0]
        while bounds[-1] < min(k, len(order)):
            end = bounds[-1] + 1
            while end < len(order) and gaps[end - 1] <= closing_gap(end, k, tolerance):
                end += 1
            bounds.append(end)
        self.shells = [slice(a, b) for a, b in pairwise(bounds)]
        self.size = bounds[-1]


def find_rows(crystal: Crystal, k: int, tolerance: float) -> list[Row]:
    """Find at least k neighbours of each atom and whole shells, by trying all images.

    The tolerance is the bare number: nothing is multiplied to it.
    """
    cell, periodic = crystal.lattice, crystal.periodic
    wrapped = crystal.positions.copy()
    spacings = np.full(3, np.inf)
    if periodic.any():
        inverse = np.linalg.inv(cell)
        spacings = np.where(periodic, 1 / np.linalg.norm(inverse, axis=0), np.inf)
        wrapped -= np.where(periodic, np.floor(wrapped @ inverse), 0) @ cell
    everything = not periodic.any()
    spread = np.ptp(wrapped, axis=0)
    radius = 3.0
    while True:
        # Wrapped atoms are less than one spacing apart, across any pair of faces.
        reach = np.where(np.isinf(spacings), 0, np.ceil(radius / spacings) + 1)
        sizes = (2 * reach + 1).astype(int)
        images = (np.indices(sizes).reshape(3, -1).T - reach) @ cell
        # Images that no atom of the cell can reach are not worth the memory.
        near = np.linalg.norm(images, axis=1) <= radius + np.linalg.norm(spread) + 1e-6
        images = images[near]
        rows = []
        for position in wrapped:
            vectors = (wrapped[:, None] + images - position).reshape(-1, 3)
            distances = np.linalg.norm(vectors, axis=1)
            atoms = np.repeat(np.arange(len(wrapped)), len(images))
            # An atom itself, at exactly zero distance, comes first.
            keep = (distances <= radius) | everything
            keep[np.flatnonzero(distances == 0)[:1]] = False
            row = Row(atoms[keep], vectors[keep], k, tolerance)
            last_gap = closing_gap(row.size, k, tolerance)
            whole = row.size < len(row.atoms) or (
                row.size >= k and radius - row.distances[-1] > last_gap
            )
            if not (whole or everything):
                break
            rows.append(row)
        if len(rows) == len(wrapped):
            return rows
        radius *= 1.4


def label_by_gaps(values, tolerance):
    """Label the runs of values without a wide gap, the run of the largest with 0."""
    values = np.asarray(values)
    order = np.argsort(-values, kind="stable")
    labels = np.empty(values.shape, dtype=int)
    labels[order] = np.cumsum(np.diff(-values[order], prepend=-np.inf) > tolerance) - 1
    return labels


def cut_narrow(ascending, tolerance, gap=None):
    """Cut sorted values into lists, none wider than the tolerance."""
    gap = tolerance if gap is None else gap
    if not ascending or ascending[-1] - ascending[0] <= tolerance or gap <= 1e-12:
        return [ascending] if ascending else []
    parts = [[ascending[0]]]
    for value in ascending[1:]:
        if value - parts[-1][-1] > gap:
            parts.append([])
        parts[-1].append(value)
    return [piece for part in parts for piece in cut_narrow(part, tolerance, gap / 4)]


def is_off_axis(vector, axis):
    """Whether a vector ends far enough from an axis to tell a direction."""
    unit = axis / np.linalg.norm(axis)
    return np.linalg.norm(vector - (vector @ unit) * unit) > OFF_AXIS


def make_basis(z_vector, y_vector):
    """Rows x, y, z of the right-handed frame with y_vector at x = 0, y > 0."""
    z = z_vector / np.linalg.norm(z_vector)
    y = y_vector - (y_vector @ z) * z
    y /= np.linalg.norm(y)
    return np.array([np.cross(y, z), y, z])


def candidate_bases(row, elements, tolerance):
    """All bases that the nearest shells allow."""
    first = row.shells[0]
    lightest = min(elements[first])
    z_atoms = [a for a in range(first.stop) if elements[a] == lightest]
    pairs = [
        (number, elements[b], a, b)
        for number, shell in enumerate(row.shells)
        for b in range(shell.start, shell.stop)
        for a in z_atoms
        if is_off_axis(row.vectors[b], row.vectors[a])
    ]
    if not pairs:  # all on one line: x and y carry nothing
        units = [row.vectors[a] / row.distances[a] for a in z_atoms]
        return [np.array([np.zeros(3), np.zeros(3), unit]) for unit in units]
    best = min(pair[:2] for pair in pairs)
    pairs = [pair[2:] for pair in pairs if pair[:2] == best]
    heights = [row.vectors[b] @ row.vectors[a] / row.distances[a] for a, b in pairs]
    labels = label_by_gaps(heights, tolerance)
    return [
        make_basis(row.vectors[a], row.vectors[b])
        for (a, b), label in zip(pairs, labels, strict=True)
        if label == 0
    ]


def tied_frames(row, elements, k, tolerance, reflect):
    """Which neighbours fill the slots in each of the best frames, and mean coordinates.

    Returns
    -------
    picks : list of lists of int
        For each frame, places in the row.
    mean : ndarray of shape (min(k, neighbours), 3)
    """
    used = min(k, row.size)
    if not used:
        return [[]], np.zeros((0, 3))
    frames = []
    for basis in candidate_bases(row, elements, tolerance):
        frames.append((basis, []))
        if reflect:
            frames.append((basis * [[-1], [1], [1]], []))
    for shell in row.shells:
        inside = np.array([row.vectors[shell] @ basis.T for basis, _ in frames])
        x, y, z = np.moveaxis(inside, 2, 0)
        # Without left and right, an x says as much about its mirror image.
        both = np.stack([x, -x]) if reflect else x[None]
        keys = np.stack(
            [
                np.broadcast_to(elements[shell], x.shape),
                label_by_gaps(z.ravel(), tolerance).reshape(x.shape),
                label_by_gaps(y.ravel(), tolerance).reshape(x.shape),
                label_by_gaps(both.ravel(), tolerance).reshape(both.shape)[0],
            ],
            axis=2,
        ).tolist()
        needed = min(shell.stop, used) - shell.start
        orders = [sorted(range(len(key)), key=key.__getitem__)[:needed] for key in keys]
        sequences = [[key[r] for r in o] for key, o in zip(keys, orders, strict=True)]
        smallest = min(sequences)
        frames = [
            (basis, [*picks, *(shell.start + r for r in order)])
            for (basis, picks), order, sequence in zip(
                frames, orders, sequences, strict=True
            )
            if sequence == smallest
        ]
    mean = np.mean([row.vectors[picks] @ basis.T for basis, picks in frames], axis=0)
    return [picks for _, picks in frames], mean


def split_by(groups, values, tolerance):
    """Cut every group of atoms by the values of one field, in ascending order."""
    finer = []
    for group in groups:
        ascending = sorted(group, key=lambda i: values[i])
        for part in cut_narrow([values[i] for i in ascending], tolerance):
            finer.append(ascending[: len(part)])
            del ascending[: len(part)]
    return finer


def find_orbits(numbers, coordinates, frames, tolerance):
    """Number the orbits in canonical order, and choose a frame for each atom.

    `frames` holds, for each atom, its tied frames as lists of atoms.
    """
    n, k = coordinates.shape[:2]
    groups = split_by([list(range(n))], numbers.tolist(), 0.5)
    for slot in range(k):
        held = [numbers[f[0][slot]] if slot < len(f[0]) else 0 for f in frames]
        for values in (held, *coordinates[:, slot, ::-1].T.tolist()):
            groups = split_by(groups, values, tolerance)
    while True:
        orbit = np.empty(n, dtype=int)
        for number, group in enumerate(groups):
            orbit[group] = number
        chosen = [min(f, key=lambda atoms: [orbit[j] for j in atoms]) for f in frames]
        seen = [tuple(orbit[j] for j in atoms) for atoms in chosen]
        finer = [
            [i for i in group if seen[i] == around]
            for group in groups
            for around in sorted({seen[i] for i in group})
        ]
        if len(finer) == len(groups):
            return orbit, chosen
        groups = finer


def build(crystal, k, tolerance, *, reflect=True, reduce=True) -> Environments:
    """What `build_environments` gives with canonical frames."""
    tolerance *= OFF_ROUND
    numbers, n = crystal.numbers, len(crystal)
    coordinates, frames = np.zeros((n, k, 3)), []
    for i, row in enumerate(find_rows(crystal, k, tolerance)):
        elements = numbers[row.atoms]
        picks, mean = tied_frames(row, elements, k, tolerance, reflect)
        coordinates[i, : len(mean)] = mean
        frames.append([row.atoms[pick].tolist() for pick in picks])
    width = ORBIT_WIDTH * tolerance
    orbit, chosen = find_orbits(numbers, coordinates, frames, width)
    mean = np.array(
        [coordinates[orbit == o].mean(axis=0) for o in range(orbit.max() + 1)]
    )
    slots = np.array([atoms + [-1] * (k - len(atoms)) for atoms in chosen])
    if not reduce:
        once = np.ones(n, dtype=int)
        return Environments(numbers, slots, mean[orbit], once, np.arange(n))
    members = [int(np.argmax(orbit == o)) for o in range(len(mean))]
    neighbors = np.where(slots >= 0, orbit[slots], -1)[members]
    return Environments(numbers[members], neighbors, mean, np.bincount(orbit), orbit)
