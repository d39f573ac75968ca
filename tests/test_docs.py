"""The documentation runs what it shows, and its pages are looked over."""

import re
import runpy
from pathlib import Path

ROOT = Path(__file__).parents[1]
# What these pages show, or the like of it, is run by other tests.
ELSEWHERE = {
    "clusters.md": "tests/clusters",
    "command_line.md": "tests/cli/test_guide.py",
    "gpu.md": "tests/training/test_processes.py",
}
WRITTEN = [*(ROOT / "docs").glob("*.md"), *(ROOT / "docs" / "guide").glob("*.md")]


def test_every_block_of_python_is_run():
    shown = re.compile(r"^```(?:py|\{code-block\} py).*", re.MULTILINE)
    found = {path.name for path in WRITTEN if shown.search(path.read_text("utf-8"))}
    assert found == ELSEWHERE.keys()
    assert all((ROOT / tests).exists() for tests in ELSEWHERE.values())


def test_every_page_of_the_guide_is_in_its_index():
    guide = ROOT / "docs" / "guide"
    index = (guide / "index.md").read_text("utf-8")
    for page in {path.stem for path in guide.glob("*.md")} - {"index"}:
        assert f"\n{page}\n" in index, "missing in a toctree"
        assert f"]({page}.md)\n: " in index, "missing in the list"


def test_faults_of_built_pages_are_found(tmp_path):
    find_faults = runpy.run_path(str(ROOT / "docs" / "check_pages.py"))["find_faults"]
    (tmp_path / "a.html").write_text(
        '<h1 id="top">A</h1><a href="b.html#there"></a><a href="#top"></a>'
        '<a href="https://example.org"></a><img src="p.svg" alt="">'
    )
    (tmp_path / "b.html").write_text('<h1 id="there">B</h1><a href="a.html"></a>')
    (tmp_path / "p.svg").write_text("<svg/>")
    faults, external = find_faults(tmp_path)
    assert faults == []
    assert external == {"https://example.org": ["a.html"]}
    (tmp_path / "c.html").write_text(
        '<a href="a.html#nowhere"></a><a href="d.html"></a><img src="q.svg">'
        '<script src="https://example.org/x.js"></script>'
    )
    assert find_faults(tmp_path)[0] == [
        "c.html: no alt text for q.svg",
        "c.html: q.svg is missing",
        "c.html: loads https://example.org/x.js",
        "c.html: a.html#nowhere has no such anchor",
        "c.html: d.html leads nowhere",
    ]
