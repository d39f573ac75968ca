"""What happens to files: in transit, in editors, in scripts, and on purpose."""

import json
import random
import re
from collections.abc import Callable
from typing import Any

NUMBER = re.compile(r"(?<![\w.])-?\d+\.?\d*(?:\(\d+\))?(?![\w.])")
NASTY = [
    *("nan", "inf", "-inf", "1e400", "-1e400", "1e300", "1e30", "-1e30", "1e12"),
    *("1e7", "1e-9", "1e-300", "0", "-0.0", "-1", "-5.64", "999999999999999999999"),
    *("", " ", "?", ".", "1/3", "0x10", "--1", "1e", "(5)", "1.0(12", "NaN(3)"),
    *("0.3333", "0.5", "0.50001", "1.0", "180", "90", "60", "179.9999", "1_0", "٣"),
]
OPERATIONS = [
    *("x,y,z", "-x,-y,-z", "x+1/2,-y,z", "x,y", "x,y,z,x", "2x,y,z", "x+1/0,y,z"),
    *("x/y,y,z", "x**99,y,z", "x+1e9,y,z", "__import__('os'),y,z", "0,0,0", "y,z,x"),
    *("1/3+x,2/3+y,1/3+z", "x-y,x,z+1/6", "", "X,Y,Z", "'x,y,z", "a,b,c", "x,y,nan"),
]
GROUPS = ["P1", "P 1", "'P m -3 m'", "'P 4/m m m'", "P-1", "'X 9 9'", "''", "?"]
TAGS = [
    *("_cell_length_a", "_cell_angle_beta", "_atom_site_type_symbol"),
    *("_atom_site_fract_x", "_atom_site_occupancy", "_atom_site_label"),
    *("_symmetry_equiv_pos_as_xyz", "_space_group_symop_operation_xyz"),
    *("_symmetry_space_group_name_H-M", "_symmetry_Int_Tables_number", "_odd"),
]
ELEMENTS = ["Na", "X", "D", "Xx", "Og", "na", "CL", "C-", "Fe3+", "0", "?", "É", "Cl1"]
OCCUPANCIES = ["0", "0.5", "1", "1.0000001", "2", "-1", "nan", "1e9", "?", "", "0.999"]


def _lines(change: Callable[[random.Random, list[str]], None]) -> Any:
    """A mutation of text from one of its lines."""

    def mutate(rng: random.Random, text: str) -> str:
        lines = text.split("\n")
        change(rng, lines)
        return "\n".join(lines)

    mutate.__name__ = change.__name__
    return mutate


@_lines
def drop_lines(rng: random.Random, lines: list[str]) -> None:
    for _ in range(min(rng.choice([1, 1, 2, 5]), len(lines))):
        del lines[rng.randrange(len(lines))]


@_lines
def double_line(rng: random.Random, lines: list[str]) -> None:
    at = rng.randrange(len(lines))
    lines.insert(rng.choice([at, rng.randrange(len(lines))]), lines[at])


@_lines
def swap_lines(rng: random.Random, lines: list[str]) -> None:
    a, b = rng.randrange(len(lines)), rng.randrange(len(lines))
    lines[a], lines[b] = lines[b], lines[a]


@_lines
def cut_loop(rng: random.Random, lines: list[str]) -> None:
    loops = [i for i, line in enumerate(lines) if line.strip() == "loop_"]
    if loops:
        at = rng.choice(loops)
        del lines[at : at + rng.choice([1, 2, 3, 5, 100])]


@_lines
def change_tag(rng: random.Random, lines: list[str]) -> None:
    tags = [i for i, line in enumerate(lines) if line.strip().startswith("_")]
    if tags:
        at = rng.choice(tags)
        name, *rest = lines[at].split(None, 1)
        changed = [name.upper(), f"{name}_", name[:-1], rng.choice(TAGS)]
        lines[at] = " ".join([rng.choice(changed), *rest])


@_lines
def add_operation(rng: random.Random, lines: list[str]) -> None:
    at = [i for i, line in enumerate(lines) if "x" in line and "," in line]
    if at:
        lines.insert(rng.choice(at) + rng.randrange(2), f"'{rng.choice(OPERATIONS)}'")


@_lines
def add_value(rng: random.Random, lines: list[str]) -> None:
    tag = rng.choice(TAGS)
    value = rng.choice([*GROUPS, *NASTY[:20], *map(repr, OPERATIONS), "225", "1"])
    lines.insert(rng.randrange(len(lines)), f"{tag} {value}")


@_lines
def change_site(rng: random.Random, lines: list[str]) -> None:
    sites = [i for i, line in enumerate(lines) if len(line.split()) > 4]
    if sites:
        at = rng.choice(sites)
        words = lines[at].split()
        kind = rng.randrange(3)
        if kind == 0:
            words[rng.randrange(min(2, len(words)))] = rng.choice(ELEMENTS)
        elif kind == 1:
            words[-1] = rng.choice(OCCUPANCIES)
        else:
            del words[rng.randrange(len(words))]
        lines[at] = " ".join(words)


@_lines
def many_sites(rng: random.Random, lines: list[str]) -> None:
    sites = [i for i, line in enumerate(lines) if len(line.split()) > 4]
    if sites:
        at = sites[-1]

        def elsewhere(found: re.Match[str]) -> str:
            return f"{rng.random():.5f}" if "." in found.group() else found.group()

        count = rng.choice([3] * 9 + [10] * 9 + [40] * 3 + [2000])
        lines[at:at] = [NUMBER.sub(elsewhere, lines[at]) for _ in range(count)]


@_lines
def change_cell(rng: random.Random, lines: list[str]) -> None:
    cells = [i for i, line in enumerate(lines) if line.startswith("_cell")]
    value = rng.choice(NASTY)
    for at in cells if rng.random() < 0.3 else [rng.choice(cells)] if cells else []:
        lines[at] = f"{lines[at].split()[0]} {value}"


@_lines
def scale_cell(rng: random.Random, lines: list[str]) -> None:
    factor = 10.0 ** rng.choice([-8, -3, -1, 1, 3, 6, 12, 30, 200])
    for at, line in enumerate(lines):
        if line.startswith("_cell_length"):
            lines[at] = f"{line.split()[0]} {factor * rng.uniform(1, 9):g}"


def change_number(rng: random.Random, text: str) -> str:
    found = list(NUMBER.finditer(text))
    if not found:
        return text
    one = rng.choice(found)
    return text[: one.start()] + rng.choice(NASTY) + text[one.end() :]


def quote(rng: random.Random, text: str) -> str:
    at = rng.randrange(len(text) + 1)
    token = rng.choice(["'", '"', "\n;\n", "#", "loop_\n", "data_x\n", "\n\n", "\x00"])
    return text[:at] + token + text[at:]


def cut_off(rng: random.Random, text: str) -> str:
    at = rng.randrange(len(text) + 1)
    return text[:at] if rng.random() < 0.8 else text[at:]


def long_word(rng: random.Random, text: str) -> str:
    at = rng.randrange(len(text) + 1)
    return text[:at] + rng.choice("9x(.;' _") * rng.choice([100, 10_000]) + text[at:]


def two_files(rng: random.Random, text: str) -> str:
    return text + rng.choice(["", "\n", " "]) + text


CIF_MUTATIONS = [
    *(drop_lines, double_line, swap_lines, cut_loop, change_tag, add_operation),
    *(add_value, change_site, many_sites, change_cell, scale_cell, change_number),
    *(change_number, quote, cut_off, long_word, two_files),
]


def flip_bytes(rng: random.Random, content: bytes) -> bytes:
    changed = bytearray(content)
    for _ in range(rng.choice([1, 1, 3, 30])):
        if changed:
            changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


def encode(rng: random.Random, text: str) -> bytes:
    """As UTF-8 most of the time; now and then as something else."""
    kind = rng.choice([*["utf-8"] * 30, "utf-16", "utf-8-sig", "latin-1", "bytes"])
    if kind == "bytes":
        return flip_bytes(rng, text.encode())
    return text.replace("\n", rng.choice(["\n"] * 8 + ["\r\n", "\r"])).encode(
        kind, errors="replace"
    )


def mutate_cif(rng: random.Random, text: str) -> tuple[bytes, list[str]]:
    """A file that something happened to, and what it was."""
    chosen = rng.choices(CIF_MUTATIONS, k=rng.choice([1, 1, 1, 2, 2, 4]))
    for mutation in chosen:
        text = mutation(rng, text)
    return encode(rng, text), [mutation.__name__ for mutation in chosen]


# -- JSON ------------------------------------------------------------------------------

LEAVES: list[Any] = [
    *(float("nan"), float("inf"), 1e300, 1e30, 1e9, 1e-9, -1.0, 0, 0.5, 2**70, True),
    *(None, "", "x", "Na", "nan", [], {}, [1, 2], {"a": 1}, "Xx", "D", "Fe3+"),
]


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Every container in a value, with every key in it."""
    found: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        found += [(value, key) for key in value]
    elif isinstance(value, list):
        found += [(value, i) for i in range(len(value))]
    for container, key in list(found):
        found += _places(container[key])
    return found


def mutate_json(rng: random.Random, text: str) -> tuple[bytes, list[str]]:
    """A pymatgen dictionary with some of its values changed, lost or doubled."""
    value, done = json.loads(text), []
    for _ in range(rng.choice([1, 1, 2, 4])):
        places = _places(value)
        if not places:
            break
        container, key = rng.choice(places)
        kind = rng.choice(["leaf", "leaf", "drop", "double", "scale", "sites"])
        if kind == "leaf":
            container[key] = rng.choice(LEAVES)
        elif kind == "drop":
            del container[key]
        elif kind == "double" and isinstance(container, list):
            container.insert(key, json.loads(json.dumps(container[key])))
        elif kind == "scale" and isinstance(container[key], float):
            container[key] *= 10.0 ** rng.choice([-300, -9, -3, 1, 6, 30, 200])
        elif kind == "sites" and isinstance(value.get("sites"), list):
            value["sites"] = value["sites"] * rng.choice([0, 2, 50])
        done.append(kind)
    content = json.dumps(value).encode()
    if rng.random() < 0.1:
        content, done = flip_bytes(rng, content), [*done, "flip_bytes"]
    return content, done
