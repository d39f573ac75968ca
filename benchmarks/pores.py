"""Pores beside published ones and Zeo++.

The published ones come from `core_mof_2019_asr` in the folder that SK_KNAGCN_DATA names
(see structure_sets.py). Zeo++ is compared where pyzeo is installed.
"""

import argparse
import time
import warnings
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from property_sets import make_structure, read_entries
from table import align, report, say
from zeopp import zeopp_diameters

from sk_knagcn.labels import pore_diameters, surface_area, void_fraction

NITROGEN = "1.655 A"
PROBES = {NITROGEN: 1.655, "1.86 A": 1.86}


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--published", type=int, default=500, metavar="N")
    parser.add_argument("--zeopp", type=int, default=100, metavar="N")
    parser.add_argument("--output", type=Path, metavar="PATH")
    options = parser.parse_args()
    warnings.simplefilter("ignore")

    def write(emit) -> bool:
        entries = read_entries("core_mof_2019_asr")
        if not entries:
            emit("There is no file core_mof_2019_asr.")
        if entries and options.published:
            beside_published(emit, spread(entries, options.published))
        if entries and options.zeopp and find_spec("pyzeo"):
            beside_zeopp(emit, spread(entries, options.zeopp), options.zeopp)
        return True

    report(write, options.output)


def spread(items: list, n: int) -> list:
    """At most n of them, evenly spread."""
    return [items[i] for i in np.unique(np.linspace(0, len(items) - 1, n).astype(int))]


def beside_published(emit, entries: list) -> None:
    """How near the labels are to the columns of CoRE MOF 2019."""
    structures = [make_structure(entry) for entry in entries]
    atoms = np.mean([len(structure) for structure in structures])
    say(f"{len(structures)} MOFs")
    began = time.perf_counter()
    diameters = pore_diameters(structures, cache=None)
    took = time.perf_counter() - began
    columns = {
        "LCD": (diameters["largest_cavity_diameter_A"], "LCD"),
        "PLD": (diameters["pore_limiting_diameter_A"], "PLD"),
        "void fraction": (void_fraction(structures, cache=None), "void_fraction"),
    }
    began = time.perf_counter()
    for name, radius in PROBES.items():
        areas = surface_area(structures, probe_radius=radius, cache=None)
        per_volume = areas["accessible_surface_area_m2_cm3"]
        columns[f"ASA m2/cm3, {name}"] = per_volume, "ASA_m2_cm3"
        per_mass = areas["accessible_surface_area_m2_g"]
        columns[f"ASA m2/g, {name}"] = per_mass, "ASA_m2_g"
    took_area = (time.perf_counter() - began) / len(PROBES)
    rows = []
    for name, (own, target) in columns.items():
        ours = np.asarray(own, dtype=float)
        theirs = np.array([entry["targets"].get(target, np.nan) for entry in entries])
        known = ~np.isnan(theirs)
        rows.append(agreement(name, ours[known], theirs[known]))
        if target == "ASA_m2_cm3":
            # Where the window is as wide as the probe, 0.01 A decides about everything.
            window = np.array([entry["targets"]["PLD"] for entry in entries])
            clear = known & (abs(window - 2 * PROBES[NITROGEN]) > 0.1)
            rows.append(agreement("  PLD not within 0.1", ours[clear], theirs[clear]))
    emit(
        f"Beside the published columns: {len(structures)} MOFs, {atoms:.0f} atoms on\n"
        f"average; {took / len(structures):.2f} s each for diameters, "
        f"{took_area / len(structures):.2f} s for a surface."
    )
    titles = (
        "label",
        "n",
        "mean diff",
        "largest",
        "within 0.1",
        "within 5 %",
        "both or no 0",
    )
    emit("\n" + align(titles, rows))


def agreement(name: str, ours: np.ndarray, theirs: np.ndarray) -> tuple[str, ...]:
    """One row: differences, and whether both say that there is nothing."""
    apart = ours - theirs
    near = np.isclose(ours, theirs, rtol=0.05, atol=1e-9)
    return (
        name,
        f"{len(ours)}",
        f"{apart.mean():+.3f}",
        f"{abs(apart).max():.3f}",
        f"{(abs(apart) <= 0.1).mean():.1%}",
        f"{near.mean():.1%}",
        f"{((ours > 0) == (theirs > 0)).mean():.1%}",
    )


def beside_zeopp(emit, entries: list, n: int) -> None:
    """The same spheres by Zeo++."""
    mofs = [make_structure(entry) for entry in entries]
    small = sorted(mofs, key=len)[: max(1, n // 20)]
    inorganic = [
        make_structure(entry) for entry in spread(read_entries("mp_bandgap"), n)
    ]
    rows = []
    for name, structures, equal, accurate in (
        ("equal radii, inorganic", inorganic, True, False),
        ("equal radii, MOFs", mofs, True, False),
        ("default radii, MOFs", mofs, False, False),
        ("default radii, small MOFs, high accuracy", small, False, True),
    ):
        say(name)
        rows.append(zeopp_row(name, structures, equal, accurate))
    titles = ("Zeo++", "n", "died", "seconds", "LCD mean", "most", "PLD mean", "most")
    emit("\nOurs less those of Zeo++, in Angstrom. Died: ended its process, or timed")
    emit("out. Seconds include starting a process.\n\n" + align(titles, rows))


def zeopp_row(name: str, structures: list, equal: bool, accurate: bool):
    """Differences over the structures that Zeo++ finishes."""
    apart, took = [], 0.0
    for structure in structures:
        elements = {str(element) for element in structure.composition.elements}
        radii = dict.fromkeys(elements, 0.7) if equal else None
        began = time.perf_counter()
        theirs = zeopp_diameters(structure, radii, accurate)
        took += (time.perf_counter() - began) / len(structures)
        if theirs is not None:
            ours = pore_diameters(structure, radii=radii or "van der Waals")
            apart.append(np.array(ours[:2]) - theirs)
    cavity, limiting = np.array(apart).T
    return (
        name,
        f"{len(apart)}",
        f"{len(structures) - len(apart)}",
        f"{took:.2f}",
        f"{cavity.mean():+.4f}",
        f"{abs(cavity).max():.4f}",
        f"{limiting.mean():+.4f}",
        f"{abs(limiting).max():.4f}",
    )


if __name__ == "__main__":
    main()
