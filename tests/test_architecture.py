"""The way through the house is one way: nothing imports what comes after it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "sk_knagcn"

# For each part of the package, the parts it stands on. What those stand on may be
# imported too; anything else is an arrow that points back, or sideways.
STANDS_ON = {
    "silence": [],
    "streaming": [],
    "structures": [],
    "storage": [],
    "geometry": ["structures"],
    "graphs": ["geometry", "storage", "streaming"],
    "invariance": ["graphs"],
    "splits": ["graphs", "silence"],
    "atom2vec": ["structures"],
    "pores": ["geometry"],
    "labels": ["pores", "storage", "streaming"],
    "descriptors": ["pores", "storage", "silence", "streaming"],
    "datasets": ["labels"],
    "nn": ["graphs", "atom2vec"],
    "training": ["nn"],
    "estimators": ["training", "descriptors"],
    "plots": [],
    "comparison": ["estimators", "plots", "splits"],
    "probing": ["estimators", "plots", "splits"],
    "cli": ["comparison", "probing", "labels", "datasets", "invariance"],
    "__main__": ["cli"],
}
# The parts that may import these packages. None of the others pays for them.
KEPT_TO = {
    "torch": {"nn", "training", "estimators", "comparison", "cli"},
    "skorch": {"training"},
    "matminer": {"datasets", "descriptors"},
    "matplotlib": {"plots"},
}
# Imported only inside the functions that need them: not everybody has the first five,
# and the last makes folders when it is imported.
INSIDE_FUNCTIONS = {"accelerate", "ase", "dask", "CoRE_MOF", "pyzeo", "matplotlib"}
SAY_NOTHING = {"utils", "helpers", "common", "misc"}
LONGEST_FILE = 400


def reachable(part: str) -> set[str]:
    """A part, and all that it stands on."""
    return {part}.union(*(reachable(below) for below in STANDS_ON[part]))


def imports(path: Path, root: Path) -> Iterator[tuple[int, str, bool]]:
    """Line, dotted name, and whether importing the file runs it, of all its imports.

    Imports for type checkers do not run but count: a type, too, is something to know.
    """
    parents = path.relative_to(root).parts[:-1]
    pending = [(node, True) for node in ast.parse(path.read_text("utf-8")).body]
    while pending:
        node, runs = pending.pop()
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name, runs) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = parents[: len(parents) - node.level + 1] if node.level else ()
            module = ".".join([*above, *([node.module] if node.module else [])])
            # `from sk_knagcn import graphs` names a part only in its second half.
            yield from (
                (node.lineno, f"{module}.{alias.name}", runs) for alias in node.names
            )
        else:
            waits = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or (
                isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
            )
            children = ast.iter_child_nodes(node)
            pending += [(child, runs and not waits) for child in children]


def wrong_imports(package: Path) -> Iterator[str]:
    """Every import that breaks a rule, in words."""
    for path in sorted(package.rglob("*.py")):
        part = path.relative_to(package).parts[0].removesuffix(".py")
        if part == "__init__":  # the public names: it points at everything, lazily
            continue
        where = path.relative_to(package.parent).as_posix()
        if part not in STANDS_ON:
            yield f"{where}: {part} has no place on the way yet; give it one here"
            continue
        for line, name, runs in imports(path, package.parent):
            first, *rest = name.split(".")
            here = f"{where}:{line}"
            if first == package.name and rest[0] not in reachable(part):
                yield f"{here}: {part} must not know {rest[0]}"
            if first in KEPT_TO and part not in KEPT_TO[first]:
                yield f"{here}: {first} has no business in {part}"
            if first in INSIDE_FUNCTIONS and runs:
                yield f"{here}: import {first} inside the function that needs it"


def source_files() -> list[Path]:
    folders = ["sk_knagcn", "tests", "examples", "benchmarks"]
    files = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    return [*sorted(files), ROOT / "docs" / "conf.py"]


def test_every_import_points_back_along_the_way():
    assert list(wrong_imports(PACKAGE)) == []


def test_file_names_say_what_is_inside():
    assert [path for path in source_files() if path.stem in SAY_NOTHING] == []
    folders = {path.parent for path in source_files()}
    assert [folder for folder in folders if folder.name in SAY_NOTHING] == []


def test_files_can_be_read_at_a_sitting():
    lengths = {
        path.relative_to(ROOT).as_posix(): len(path.read_text("utf-8").splitlines())
        for path in source_files()
    }
    assert {name: n for name, n in lengths.items() if n > LONGEST_FILE} == {}


@pytest.mark.parametrize(
    ("file", "source", "complaint"),
    [
        ("geometry/a.py", "from sk_knagcn.graphs import b", "must not know graphs"),
        ("geometry/a.py", "from sk_knagcn import graphs", "must not know graphs"),
        ("geometry/a.py", "from ..graphs import b", "must not know graphs"),
        ("geometry/a.py", "from .. import graphs", "must not know graphs"),
        ("geometry/a.py", "import sk_knagcn.graphs", "must not know graphs"),
        ("geometry/a.py", "def f():\n    import sk_knagcn.nn", "must not know nn"),
        ("atom2vec.py", "from sk_knagcn.geometry import a", "must not know geometry"),
        ("graphs/a.py", "import torch.nn", "torch has no business in graphs"),
        ("nn/a.py", "from skorch import NeuralNet", "skorch has no business in nn"),
        ("nn/a.py", "try:\n    import ase\nexcept E:\n    pass", "inside the function"),
        ("plots/a.py", "from matplotlib import pyplot", "inside the function"),
        ("elsewhere.py", "", "has no place on the way"),
    ],
)
def test_the_check_sees_a_wrong_import(tmp_path, file, source, complaint):
    path = tmp_path / "sk_knagcn" / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source)
    (found,) = wrong_imports(tmp_path / "sk_knagcn")
    assert complaint in found


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("graphs/a.py", "from .b import c\nfrom ..structures import d"),
        ("graphs/a.py", "from sk_knagcn.structures import d\nimport numpy"),
        ("plots/a.py", "class A:\n    def plot(self):\n        import matplotlib"),
        ("plots/a.py", "if TYPE_CHECKING:\n    from matplotlib.axes import Axes"),
        ("cli.py", "from sk_knagcn.geometry.neighbors import a"),
    ],
)
def test_the_check_lets_a_right_import_pass(tmp_path, file, source):
    path = tmp_path / "sk_knagcn" / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source)
    assert list(wrong_imports(tmp_path / "sk_knagcn")) == []
