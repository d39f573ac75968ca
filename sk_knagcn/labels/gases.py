"""Gases of single Lennard-Jones sites."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Gas:
    """A gas whose molecules are single Lennard-Jones sites.

    Parameters
    ----------
    sigma : float
        Distance at which two molecules neither attract nor repel each other, in
        Angstrom.
    epsilon : float
        Depth of the well, divided by Boltzmann's constant, in Kelvin.
    name : str, default="gas"
        What columns of tables call it.

    See Also
    --------
    henry_constant : Takes one of these, or the name of a built-in one.

    Examples
    --------
    >>> from sk_knagcn.labels import Gas
    >>> Gas(2.78, 34.9, name="Ne")
    Gas(sigma=2.78, epsilon=34.9, name='Ne')
    """

    sigma: float
    epsilon: float
    name: str = "gas"

    def __post_init__(self) -> None:
        """Refuse what is no length or no depth."""
        for quantity, value in (("sigma", self.sigma), ("epsilon", self.epsilon)):
            if not (math.isfinite(value) and value >= 0):
                raise ValueError(
                    f"{quantity} of a gas must be a number and not negative, "
                    f"got {value!r}."
                )


# Where the numbers are from, and in brackets where they were found again:
# H2   Buch, J. Chem. Phys. 100, 7610 (1994) [aiida-lsmo]; those of Zhang et al. 2021.
# He   Hirschfelder, Curtiss, Bird, Molecular Theory of Gases and Liquids (1954),
#      p. 1114 [RASPA2, aiida-lsmo].
# N2   said to be the same, from second virial coefficients, as one site [nowhere].
# CH4  TraPPE, united atom: Martin, Siepmann, J. Phys. Chem. B 102, 2569 (1998)
#      [RASPA2, aiida-lsmo].
# Ar   Rowley, Nicholson, Parsonage (1975) [SklogWiki]; said to go back to the second
#      virial coefficients of Michels, Wijker, Wijker, Physica 15, 627 (1949).
# Kr   said to be Talu, Myers, Colloids Surf. A 187, 83 (2001) [the numbers: RASPA2].
# Xe   Hirschfelder, Curtiss, Bird (1954) [RASPA2, aiida-lsmo].
BUILT_IN = {
    gas.name: gas
    for gas in (
        Gas(2.96, 34.2, "H2"),
        Gas(2.64, 10.9, "He"),
        Gas(3.698, 95.05, "N2"),
        Gas(3.73, 148.0, "CH4"),
        Gas(3.405, 119.8, "Ar"),
        Gas(3.636, 166.4, "Kr"),
        Gas(4.10, 221.0, "Xe"),
    )
}


def resolve_gas(gas: str | Gas) -> Gas:
    """The gas that a parameter `gas` names."""
    if isinstance(gas, Gas):
        return gas
    if gas not in BUILT_IN:
        raise ValueError(
            f"gas {gas!r} is not built in; those that are: {', '.join(BUILT_IN)}. "
            "Pass Gas(sigma, epsilon) for any other."
        )
    return BUILT_IN[gas]
