"""Henry's constant once more, in plain numpy: all images, all pairs, no shortcuts."""

import numpy as np

from sk_knagcn.labels.force_field import resolve_force_field
from sk_knagcn.labels.gases import resolve_gas


def energies(structure, points, gas, temperature, cutoff, force_field="UFF", shift=0):
    """Energy in kT of a gas molecule at each of the points (Cartesian)."""
    parameters, gas = resolve_force_field(force_field), resolve_gas(gas)
    lattice = structure.lattice.matrix
    # Planes are so far apart; images so many cells away may still be felt.
    widths = 1 / np.linalg.norm(np.linalg.inv(lattice), axis=0)
    span = [np.arange(-n, n + 1) for n in np.ceil(cutoff / widths).astype(int) + 1]
    shifts = np.stack(np.meshgrid(*span, indexing="ij"), axis=-1).reshape(-1, 3)
    total = np.zeros(len(points))
    for site in structure:
        own_sigma, own_epsilon = parameters[site.specie.symbol]
        sigma = (own_sigma + gas.sigma) / 2
        epsilon = np.sqrt(own_epsilon * gas.epsilon)
        images = (site.frac_coords % 1 + shifts) @ lattice
        for image in images:
            r = np.linalg.norm(points - image, axis=1)
            near = r < cutoff
            ratio = (sigma / r[near]) ** 6
            at_cutoff = (sigma / cutoff) ** 6
            total[near] += 4 * epsilon * (ratio**2 - ratio)
            total[near] -= shift * 4 * epsilon * (at_cutoff**2 - at_cutoff)
    return total / temperature


def henry(structure, gas, shape, temperature=298.15, cutoff=12.9, **options):
    """The mean Boltzmann factor on a grid of that shape, and the mean energy in kT."""
    axes = [np.arange(n) / n for n in shape]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    points = (grid + 1e-7) % 1 @ structure.lattice.matrix
    energy = energies(structure, points, gas, temperature, cutoff, **options)
    factor = np.exp(-energy)
    return factor.mean(), (factor * energy).sum() / factor.sum()
