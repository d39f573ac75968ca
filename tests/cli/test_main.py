"""The program as a whole: help, exit codes, errors, and what it costs to start."""

import os
import shlex
import subprocess
import sys

import pytest

from sk_knagcn import __version__
from sk_knagcn.cli import predict
from sk_knagcn.cli.main import COMMANDS, make_parser

PROGRAM = [sys.executable, "-m", "sk_knagcn"]


def examples():
    for name, module in COMMANDS.items():
        text = module.EXAMPLES.replace("\\\n", " ")
        yield from ((name, line.strip()) for line in text.splitlines())


@pytest.mark.parametrize(("name", "line"), list(examples()))
def test_the_examples_in_the_help_can_be_typed(name, line):
    program, *words = shlex.split(line)
    if ">" in words:
        words = words[: words.index(">")]
    args = make_parser().parse_args(words)
    assert program == "sk-knagcn"
    assert args.run is COMMANDS[args.command].run


@pytest.mark.parametrize("name", [*COMMANDS, None])
def test_help_has_examples_and_exit_codes(run, name):
    code, out, err = run(*([name] if name else []), "--help")
    assert (code, err) == (0, "")
    assert "exit codes:" in out
    assert ("examples:\n  sk-knagcn" in out) is (name is not None)


def test_wrong_usage_is_exit_code_2(run):
    assert run("--version")[:2] == (0, f"sk-knagcn {__version__}\n")
    for typed in ([], ["tarin"], ["train"], ["predict", "only-one"]):
        code, out, err = run(*typed)
        assert (code, out) == (2, "")
        assert "usage: sk-knagcn" in err


def test_errors_are_a_sentence_and_a_traceback_on_demand(run, tmp_path):
    nowhere = tmp_path / "nowhere"
    code, out, err = run("check", nowhere)
    assert (code, out, err) == (2, "", f"sk-knagcn: error: there is no {nowhere}.\n")
    with pytest.raises(FileNotFoundError):
        run("check", nowhere, "--debug")
    single = tmp_path / "one.cif"
    single.write_text("")
    assert "Pass the folder that it is in." in run("check", single)[2]


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (KeyboardInterrupt(), 130, "sk-knagcn: interrupted"),
        (KeyError("x"), 2, "KeyError: 'x'\nThis is a bug, not your mistake."),
        (MemoryError(), 2, "error: MemoryError"),
    ],
)
def test_what_stops_a_command_is_told(run, monkeypatch, error, code, said):
    def stop(args):
        raise error

    monkeypatch.setattr(predict, "run", stop)
    found, out, err = run("predict", "model", "data")
    assert (found, out) == (code, "")
    assert said in err
    assert "Traceback" not in err


def test_help_imports_nothing_heavy():
    line = (
        "import sys; from sk_knagcn.cli import main\n"
        "for typed in (['--help'], ['train', '--help'], ['--version'], []):\n"
        "    try: main(typed)\n"
        "    except SystemExit: pass\n"
        "print('loaded', *sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", line], capture_output=True, text=True
    )
    loaded = set(done.stdout.rpartition("loaded ")[2].split())
    assert "sk_knagcn.cli.train" in loaded
    heavy = {"torch", "pymatgen", "numba", "sklearn", "pandas", "numpy", "joblib"}
    assert heavy.isdisjoint(loaded)


def test_it_runs_as_a_module_and_writes_nowhere(cifs, tmp_path):
    done = subprocess.run(
        [*PROGRAM, "label", str(cifs), "distance", "--progress"],
        cwd=tmp_path,
        env={**os.environ, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == 11
    assert "Shortest distances: 100%" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_reader_that_goes_away_ends_it_quietly(cifs):
    typed = [*PROGRAM, "label", str(cifs), "distance"]
    with subprocess.Popen(
        typed, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait() == 141


@pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell")
def test_a_closed_terminal_is_no_bug(cifs, tmp_path):
    path = tmp_path / "labels.csv"
    words = [*PROGRAM, "label", str(cifs), "bond", "-o", str(path)]
    for closed in (">&-", "2>&-", ">&- 2>&-"):
        command = f"exec {shlex.join(words)} --force {closed}"
        run = subprocess.run(["sh", "-c", command], capture_output=True, text=True)
        assert (run.returncode, run.stderr) == (0, "")
        assert path.read_text().startswith("name,")
        path.unlink()


def test_no_result_is_lost_for_a_character(json_lines, tmp_path):
    lines = json_lines.read_text().replace("crystal1", "кристалл")
    (tmp_path / "x.jsonl").write_text(lines, encoding="utf-8")
    done = subprocess.run(
        [*PROGRAM, "label", str(tmp_path / "x.jsonl"), "distance"],
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == 11
    assert "\\u043a" in done.stdout


def test_a_model_comes_before_the_data(run, cifs, model):
    code, _, err = run("predict", cifs, model)
    assert code == 2
    assert "is a folder; the model comes first" in err
