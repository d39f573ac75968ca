"""The command line. Nothing heavy is imported before a command runs."""

from sk_knagcn.cli.main import main

__all__ = ["main"]
