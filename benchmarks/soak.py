"""Many small fits and predictions in one process: does anything grow?

    python benchmarks/soak.py --rounds 1000

Each round builds graphs, fits a network, predicts, saves and loads it. Memory, threads,
open files and temporary files are looked at on the way; exits with 1 if one of them
grew after the first fifth of the rounds.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from sk_knagcn import (
    KNAGCNRegressor,
    StructureGraphTransformer,
    load_model,
    save_model,
)
from sk_knagcn.datasets import make_prototype_crystals

ALLOWED_MB = 25.0  # that the allocator may come and go by
SETTLED = 0.2  # share of the rounds in which caches may still fill


class Use(NamedTuple):
    """What the process uses after so many rounds."""

    rounds: int
    memory_mb: float
    threads: int
    files: int
    temporary: int

    @classmethod
    def now(cls, rounds: int, folder: Path) -> Use:
        """Look at the process; Linux only."""
        gc.collect()
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return cls(
            rounds,
            pages * os.sysconf("SC_PAGE_SIZE") / 1e6,
            len(list(Path("/proc/self/task").iterdir())),
            len(list(Path("/proc/self/fd").iterdir())),
            len(list(folder.rglob("*"))),
        )

    def grown_from(self, before: Use) -> list[str]:
        """The names of what grew since then."""
        grown = [
            name
            for name in ("threads", "files", "temporary")
            if getattr(self, name) > getattr(before, name)
        ]
        more = self.memory_mb > before.memory_mb + ALLOWED_MB
        return [*grown, *(["memory_mb"] if more else [])]


def soak(rounds: int, looks: int, folder: Path) -> Iterator[Use]:
    """Fit and predict again and again; say what is used now and then."""
    data = make_prototype_crystals(12, random_state=0)
    y = np.arange(12.0)
    for i in range(1, rounds + 1):
        transformer = StructureGraphTransformer(
            k=6, cache=folder / "cache" if i % 2 else "memory", n_jobs=1 + i % 2
        )
        graphs = transformer.fit_transform(data.structures)
        model = KNAGCNRegressor(
            n_layers=1,
            width=8,
            max_epochs=2,
            batch_size=4,
            random_state=i,
            device="cpu",
        ).fit(graphs, y)
        file = folder / "model.safetensors"
        save_model(model, file, overwrite=True)
        again = load_model(file, device="cpu")
        if not (again.predict(graphs) == model.predict(data.structures)).all():
            raise AssertionError(f"round {i} predicts otherwise after loading")
        if i % max(1, rounds // looks) == 0:
            yield Use.now(i, folder)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=1000)
    options = parser.parse_args()
    begin = time.monotonic()
    with tempfile.TemporaryDirectory() as name, warnings.catch_warnings():
        warnings.simplefilter("error")
        tempfile.tempdir = name  # whoever makes temporary files makes them here
        uses = []
        print(("{:>10}  " * 5).format(*Use._fields))
        for use in soak(options.rounds, 20, Path(name)):
            uses.append(use)
            print(("{:>10}  {:>10.1f}  " + "{:>10}  " * 3).format(*use), flush=True)
        tempfile.tempdir = None
    settled = next(use for use in uses if use.rounds >= SETTLED * options.rounds)
    grown = uses[-1].grown_from(settled)
    print(
        f"{options.rounds:,} rounds in {time.monotonic() - begin:.0f} s; "
        f"{threading.active_count()} Python thread(s); "
        f"{'nothing grew' if not grown else 'grew: ' + ', '.join(grown)}."
    )
    return bool(grown)


if __name__ == "__main__":
    sys.exit(main())
