"""The README shows what really happens."""

import doctest
import re
from pathlib import Path

README = Path(__file__).parents[1] / "README.md"


def test_code_in_the_readme_gives_what_is_shown(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # the example saves a file
    (code,) = re.findall(r"```pycon\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    example = doctest.DocTestParser().get_doctest(code, {}, "README", str(README), 0)
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    said: list[str] = []
    doctest.DocTestRunner(optionflags=flags).run(example, out=said.append)
    assert "".join(said) == ""


def test_both_commands_are_in_the_readme():
    text = README.read_text("utf-8")
    for environment in ("quickstart", "tests"):
        command = f"python -m pip install tox && python -m tox run -e {environment}"
        assert f"\n{command}\n" in text
