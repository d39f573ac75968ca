"""Folders of made-up CIF files, some of them broken in every way that files break.

What is written is known: each target is the volume of the cell in its file, and the
names of all that cannot be used are returned with what is wrong.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np

ELEMENTS = ["H", "C", "N", "O", "Na", "Mg", "Al", "Si", "S", "Cl", "Cu", "Zn", "U"]
CENTRED = 0.1  # the share of files with symmetry, which pymatgen has to read
COLUMNS = [
    "_atom_site_label",
    "_atom_site_type_symbol",
    *(f"_atom_site_fract_{axis}" for axis in "xyz"),
    "_atom_site_occupancy",
]


def write_folder(folder: Path, n: int, n_broken: int) -> dict[str, str]:
    """Write n files and a table of targets; return what is wrong, by name.

    So many names cannot be used: broken files, and names that the table or the folder
    has without, or more than once. All ways come in turn.
    """
    rng = np.random.default_rng(0)
    names = [f"{rng.choice(['mof', 'Salt', 'x'])}{i:06}" for i in range(n)]
    ways = [*FILES, *PLACES, *LINES]
    broken = rng.permutation(n)[:n_broken]
    wrong = {names[i]: ways[turn % len(ways)] for turn, i in enumerate(broken)}
    lines = []
    for name in names:
        text, volume = write_cif(name, rng)
        path, line, way = folder / f"{name}.cif", f"{name},{volume!r}", wrong.get(name)
        if way in PLACES:
            PLACES[way](path, text)
        else:
            content = FILES[way](text) if way in FILES else dress(text, rng)
            path.write_bytes(content)
        lines += LINES[way](path, line) if way in LINES else [line]
    order = rng.permutation(len(lines))
    table = "\n".join(lines[i] for i in order)
    (folder / "id_prop.csv").write_text(table + "\n")
    return wrong


def write_cif(name: str, rng: np.random.Generator) -> tuple[str, float]:
    """A cell of 1 to 27 atoms apart from each other, and its volume."""
    along = rng.integers(1, 4, size=3)
    lengths, angles = along * rng.uniform(2.6, 4.0, size=3), rng.uniform(75, 105, 3)
    places = np.stack(np.meshgrid(*map(np.arange, along)), axis=-1).reshape(-1, 3)
    places = (places + rng.uniform(0.3, 0.45, places.shape)) / along
    cosines = np.cos(np.radians(angles))
    volume = lengths.prod() * np.sqrt(1 - (cosines**2).sum() + 2 * cosines.prod())
    operations = ["'x, y, z'"]
    if rng.random() < CENTRED:  # an inversion makes two of each; doubling makes room
        lengths[0] *= 2
        volume *= 2
        places[:, 0] /= 2
        operations.append("'-x, -y, -z'")
    cell = [
        f"_cell_length_{axis} {a:.6f}" for axis, a in zip("abc", lengths, strict=True)
    ]
    greek = ("alpha", "beta", "gamma")
    cell += [
        f"_cell_angle_{axis} {a:.6f}" for axis, a in zip(greek, angles, strict=True)
    ]
    sites = [
        f"{symbol}{i} {symbol} {x:.6f} {y:.6f} {z:.6f} 1.0"
        for i, (symbol, (x, y, z)) in enumerate(
            zip(rng.choice(ELEMENTS, len(places)), places, strict=True)
        )
    ]
    loops = ["loop_", "_symmetry_equiv_pos_as_xyz", *operations, "loop_", *COLUMNS]
    return "\n".join([f"data_{name}", *cell, *loops, *sites, ""]), float(volume)


def dress(text: str, rng: np.random.Generator) -> bytes:
    """The same, as it comes from other programs; nothing is wrong with any of them."""
    how = rng.integers(5)
    if how == 1:
        text = text.replace("\n", "\r\n")
    elif how == 2:
        text = "\ufeff" + text
    elif how == 3:
        text = f"# by Müller & Çelik\n\n{text}\n#END\n"
    elif how == 4:
        text = text.replace(" 1.0\n", "(2) 1.0\n")  # an uncertainty
    return text.encode()


def _last(text: str, change: Callable[[list[str]], list[str]]) -> bytes:
    """Change the last site."""
    *lines, site = text.rstrip().split("\n")
    return "\n".join([*lines, *change(site.split())]).encode()


# What may be wrong with the contents of a file ...
FILES: dict[str, Callable[[str], bytes]] = {
    "empty": lambda text: b"",
    "binary": lambda text: bytes(range(256)) * 8,
    "cut off": lambda text: text[: text.index("_cell_angle_beta")].encode(),
    "cut off in a number": lambda text: text.rstrip()[:-6].encode(),
    "an error page": lambda text: b"<html><body>404 Not Found</body></html>",
    "another encoding": lambda text: text.encode("utf-16-le"),
    "no cell": lambda text: text.replace("_cell_length_b", "_cell_length_q").encode(),
    "no atoms": lambda text: text[: text.rindex("loop_")].encode(),
    "no such element": lambda text: _last(
        text, lambda s: [" ".join(["Qq1", "Qq", *s[2:]])]
    ),
    "no number": lambda text: _last(text, lambda s: [" ".join([*s[:4], "0.4O", s[5]])]),
    "NaN": lambda text: _last(text, lambda s: [" ".join([*s[:4], "nan", s[5]])]),
    "NaN in the cell": lambda text: text.replace(
        "_length_c ", "_length_c nan #"
    ).encode(),
    "flat cell": lambda text: text.replace("_length_c ", "_length_c 1e-9 #").encode(),
    "an atom too full": lambda text: _last(text, lambda s: [" ".join([*s[:5], "1.5"])]),
    "an atom twice": lambda text: _last(text, lambda s: [" ".join(s), " ".join(s)]),
    "atoms too close": lambda text: _last(
        text,
        lambda s: [" ".join(s), " ".join([*s[:4], f"{float(s[4]) + 0.01:.6f}", "1"])],
    ),
    "no such operation": lambda text: text.replace("x, y, z", "x, y, w").encode(),
    "two structures": lambda text: (text + text.replace("data_", "data_2")).encode(),
}


def _in_two_spellings(path: Path, text: str) -> None:
    path.write_text(text)
    path.with_suffix(".CIF").write_text(text)


# ... with its place ...
PLACES: dict[str, Callable[[Path, str], object]] = {
    "a folder": lambda path, text: path.mkdir(),
    "a link to nowhere": lambda path, text: path.symlink_to(path.with_name("nowhere")),
    "two files of one name": _in_two_spellings,
}
# ... and with the lines of the table that name it.
LINES: dict[str, Callable[[Path, str], list[str]]] = {
    "no target": lambda path, line: [],
    "no file": lambda path, line: [path.unlink(), line][1:],
    "a word for a target": lambda path, line: [f"{path.stem},tall"],
    "no finite target": lambda path, line: [f"{path.stem},inf"],
    "no second field": lambda path, line: [path.stem],
    "too many fields": lambda path, line: [f"{line},1"],
    "twice in the table": lambda path, line: [line, line],
}
