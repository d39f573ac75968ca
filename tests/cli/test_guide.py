"""The guide to the command line shows what really happens."""

import doctest
import re
import shlex
from pathlib import Path

import pytest

from sk_knagcn.cli import main

GUIDE = Path(__file__).parents[2] / "docs" / "guide" / "command_line.md"
BLOCKS = re.findall(r"```(pycon|console)\n(.*?)```", GUIDE.read_text("utf-8"), re.S)
NUMBER = re.compile(r"[<-]? ?\d+(\.\d+)?(e[+-]\d+)?|\s+")


def without_numbers(text):
    """What stays the same on another machine: everything but digits and spaces."""
    return NUMBER.sub("", text)


def commands(block):
    """Each command of a block, and what is shown below it."""
    for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
        line, _, shown = part.partition("\n")
        yield line, shown


@pytest.mark.slow
def test_what_is_shown_is_what_comes_out(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    parser = doctest.DocTestParser()
    for kind, block in BLOCKS:
        if kind == "pycon":
            example = parser.get_doctest(block, names, "guide", str(GUIDE), 0)
            said: list[str] = []
            runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
            runner.run(example, out=said.append, clear_globs=False)
            names = example.globs
            assert "".join(said) == ""
            continue
        for line, shown in commands(block):
            program, *words = shlex.split(line)
            typed, _, files = " ".join(words).partition(" > ")
            assert program == "sk-knagcn"
            main(typed.split())
            captured = capsys.readouterr()
            if files:
                Path(files).write_text(captured.out)
                captured = captured._replace(out="")
            found = captured.out + captured.err
            assert without_numbers(found) == without_numbers(shown), line
