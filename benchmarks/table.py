"""What both benchmarks share: options, a header, aligned tables, progress."""

import argparse
import os
import platform
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from textwrap import fill

PACKAGES = (
    "numpy",
    "numba",
    "torch",
    "skorch",
    "pymatgen",
    "spglib",
    "vesin",
    "CoRE-MOF",
    "matgl",
    "alignn",
    "sk_knagcn",
)


def parse_options(description: str) -> argparse.Namespace:
    """Read the options, which are the same for both scripts."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--structures", type=int, metavar="N", help="of each set; 300 by default"
    )
    parser.add_argument(
        "--quick", action="store_true", help="30 structures of each set, for a test"
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="PATH",
        help="write the tables there as well; into a file of the script's name if "
        "PATH is a folder",
    )
    options = parser.parse_args()
    if options.structures is None:
        options.structures = 30 if options.quick else 300
    return options


def report(write: Callable[[Callable[[str], None]], bool], output: Path | None) -> bool:
    """Run a benchmark; what it writes goes to stdout and, when done, to a file."""
    lines: list[str] = []

    def emit(text: str) -> None:
        print(text, flush=True)
        lines.append(text)

    emit(_header())
    passed = write(emit)
    if output is not None:
        if output.is_dir():
            output /= f"{Path(sys.argv[0]).stem}.txt"
        output.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return passed


def align(titles: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Lay out a table: the first column to the left, all others to the right."""
    table = [titles, *([str(cell) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = []
    for row in table:
        first, *others = zip(row, widths, strict=True)
        cells = [f"{first[0]:{first[1]}}", *(f"{cell:>{w}}" for cell, w in others)]
        lines.append("  ".join(cells).rstrip())
    lines.insert(1, "-" * max(map(len, lines)))
    return "\n".join(lines)


def say(text: str) -> None:
    """Tell how far it is, on stderr."""
    print(text, file=sys.stderr, flush=True)


def _header() -> str:
    """Name the machine and the versions."""
    found = [f"python {platform.python_version()}"]
    for package in PACKAGES:
        with suppress(PackageNotFoundError):
            found.append(f"{package} {version(package)}")
    processor = f"{_processor()}, {os.cpu_count()} cores, {platform.system()}"
    return f"{processor}\n{fill(', '.join(found), 88)}"


def _processor() -> str:
    """Model of the processor; platform.processor is empty on Linux."""
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
