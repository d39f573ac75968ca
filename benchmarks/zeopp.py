"""Free spheres by Zeo++ (pyzeo), each crystal in a process of its own.

Zeo++ ends the process at crystals that it cannot handle, and writes to its output.
Run as a script, it reads one crystal from the standard input.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path


def zeopp_diameters(structure, radii=None, high_accuracy=False, timeout=60.0):
    """Largest cavity and pore-limiting diameter in Angstrom; None where Zeo++ fails.

    `radii` maps elements to Angstrom; without it Zeo++ takes its own.
    """
    order = {
        "lengths": structure.lattice.abc,
        "angles": structure.lattice.angles,
        "symbols": [site.specie.symbol for site in structure],
        "fractions": (structure.frac_coords % 1.0).tolist(),
        "radii": radii,
        "high_accuracy": high_accuracy,
    }
    try:
        done = subprocess.run(
            [sys.executable, __file__],
            input=json.dumps(order),
            capture_output=True,
            text=True,
            timeout=timeout,
        )
    except subprocess.TimeoutExpired:
        return None
    if done.returncode != 0 or "DIAMETERS" not in done.stdout:
        return None
    largest, limiting = done.stdout.rpartition("DIAMETERS")[2].split()
    return float(largest), float(limiting)


def main() -> None:
    """Measure the crystal on the standard input."""
    from pyzeo import AtomNetwork, high_accuracy_atomnet

    order = json.load(sys.stdin)
    with tempfile.TemporaryDirectory() as folder:
        crystal, spheres = Path(folder, "crystal.cssr"), Path(folder, "spheres.res")
        crystal.write_text(write_cssr(order), encoding="ascii")
        table = None
        if order["radii"]:
            table = Path(folder, "radii.rad")
            lines = [f"{symbol} {radius}" for symbol, radius in order["radii"].items()]
            table.write_text("\n".join(lines) + "\n", encoding="ascii")
        network = AtomNetwork.read_from_CSSR(
            str(crystal), rad_flag=True, rad_file=table and str(table)
        )
        if order["high_accuracy"]:
            high_accuracy_atomnet(network, "DEF")
        network.calculate_free_sphere_parameters(str(spheres))
        print("DIAMETERS", *spheres.read_text("utf-8").split()[1:3])


def write_cssr(order) -> str:
    """Write a crystal in the one format that Zeo++ reads with all its digits."""
    lines = [
        " ".join(f"{length:.10f}" for length in order["lengths"]),
        " ".join(f"{angle:.10f}" for angle in order["angles"])
        + " SPGR = 1 P 1 OPT = 1",
        f"{len(order['symbols'])} 0",
        "0 crystal",
    ]
    sites = zip(order["symbols"], order["fractions"], strict=True)
    for number, (symbol, fractions) in enumerate(sites, start=1):
        place = " ".join(f"{x:.12f}" for x in fractions)
        lines.append(f"{number} {symbol} {place} 0 0 0 0 0 0 0 0 0.0")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
