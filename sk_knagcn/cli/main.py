"""One program, six commands: what is typed, and what comes back to the shell."""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from collections.abc import Sequence
from importlib.metadata import version
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from sk_knagcn.cli import check, compare, featurize, label, predict, train
from sk_knagcn.cli.arguments import add_common

COMMANDS = {
    "check": check,
    "featurize": featurize,
    "label": label,
    "train": train,
    "predict": predict,
    "compare": compare,
}
# What a shell is told.
DONE, IN_PART, STOPPED, INTERRUPTED, PIPE_CLOSED = 0, 1, 2, 130, 141

_PROGRAM = "sk-knagcn"
_ABOUT = """\
Crystal graph networks on folders of CIF files, or files of JSON lines.

Results go to standard output or to the file that --output names, progress and remarks
to standard error. Nothing else is written but to folders that you name."""
_CODES = """\
exit codes:
  0  all is done
  1  done, but not for all: structures were refused (featurize, label, predict), models
     failed (compare), fields are empty (featurize) or problems were found (check);
     the output says which
  2  stopped, because of a mistake that the message names
  130  interrupted"""
# Errors that tell a user what to change. Whatever else is raised is a bug.
_EXPLAINED = (
    *(ImportError, MemoryError, OSError, RuntimeError, TypeError),
    *(ValueError, UserWarning),
)
# Remedies of the package, as they are typed here.
_AS_TYPED = {
    "overwrite=True": "--force",
    "the targets with columns=": "the targets with --target",
    "the targets with targets=": "the targets with --target",
    "Pass targets=.": "Pass --targets TABLE.csv.",
    "columns must name": "--target must name",
    "targets must name": "--target must name",
    "with classes=False": "with --task regression",
}


def make_parser() -> argparse.ArgumentParser:
    """Describe all commands and their options."""
    formatter = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        _PROGRAM, description=_ABOUT, epilog=_CODES, formatter_class=formatter
    )
    parser.add_argument(
        "--version", action="version", version=f"{_PROGRAM} {version('sk_knagcn')}"
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, module in COMMANDS.items():
        command = commands.add_parser(
            name,
            help=module.SUMMARY,
            description=f"{module.SUMMARY[0].upper()}{module.SUMMARY[1:]}.\n\n"
            f"{module.ABOUT}",
            epilog=f"examples:\n{module.EXAMPLES}\n\n{_CODES}",
            formatter_class=formatter,
        )
        module.add_arguments(command)
        add_common(command)
        command.set_defaults(run=module.run)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    arguments : sequence of str, default=None
        As typed; by default those of the process.

    Returns
    -------
    int
        The exit code.
    """
    for stream in ("stdout", "stderr"):
        if getattr(sys, stream) is None:  # closed by whoever started this
            setattr(sys, stream, Path(os.devnull).open("w", encoding="utf-8"))
        if isinstance(text := getattr(sys, stream), TextIOWrapper):
            # No result is lost for a character that the terminal does not know.
            text.reconfigure(errors="backslashreplace")
    args = make_parser().parse_args(arguments)
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _remark
            # Nobody at a terminal can do anything about it.
            warnings.filterwarnings("ignore", "A worker stopped while some jobs were")
            done: bool = args.run(args)
        sys.stdout.flush()
    except KeyboardInterrupt:
        _say("interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        _forget_stdout()
        return PIPE_CLOSED
    except Exception as error:
        if args.debug:
            raise
        _say(f"error: {_explain(error)}")
        return STOPPED
    return DONE if done else IN_PART


def _explain(error: Exception) -> str:
    """What went wrong, in the words of the error."""
    text = str(error) or type(error).__name__
    if isinstance(error, _EXPLAINED):
        for call, typed in _AS_TYPED.items():
            text = text.replace(call, typed)
        return text
    return (
        f"{type(error).__name__}: {text}\nThis is a bug, not your mistake. Run the "
        "same again with --debug, and report what it prints."
    )


def _remark(message: Any, *_: Any, **__: Any) -> None:
    _say(f"warning: {message}")


def _say(text: str) -> None:
    print(f"{_PROGRAM}: {text}", file=sys.stderr)


def _forget_stdout() -> None:
    """Whoever read the output has gone: let Python's last flush go nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
