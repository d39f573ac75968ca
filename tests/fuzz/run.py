"""Mutated files through reader, transformer and network: refused or right, each one.

    python -m tests.fuzz.run --files 12000 --seed 0

Files are judged in child processes with a limit of time and memory, so that a crash or
a hang is a finding like any other. Prints a table of outcomes and all findings, and
exits with 1 if there are any.
"""

from __future__ import annotations

import argparse
import math
import os
import pickle
import random
import resource
import select
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from tests.fuzz.judge import RIGHT, WRONG, Judge, Verdict
from tests.fuzz.mutations import NUMBER, mutate_cif, mutate_json
from tests.fuzz.originals import cif_texts, json_texts

CHUNK = 100  # files that are judged together
SECONDS = 10  # of the processor, for one file
PATIENCE = 600  # seconds by the clock, on a machine with much else to do
MEMORY = 2**31  # bytes, beyond what the process has at the start
SHARE_OF_JSON = 0.25


def mutated(n: int, seed: int, kind: str) -> dict[str, bytes]:
    """Files by name: the kind, a number and what was done to it."""
    rng = random.Random(f"{kind}-{seed}")
    texts = cif_texts() if kind == "cif" else json_texts()
    mutate = mutate_cif if kind == "cif" else mutate_json
    files = {}
    for i in range(n):
        content, done = mutate(rng, rng.choice(texts))
        files[f"{kind}-{i:05d}-{'+'.join(done)}"] = content
    return files


def judge_apart(
    task: Callable[[Mapping[str, bytes]], list[Verdict]], files: Mapping[str, bytes]
) -> list[Verdict] | str:
    """Verdicts of a child process, or what happened to it."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            used = int(Path("/proc/self/statm").read_text().split()[0])
            limit = used * resource.getpagesize() + MEMORY
            resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
            seconds = SECONDS + len(files) // 2
            resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
            answer: object = task(files)
        except BaseException:
            answer = traceback.format_exc()
        with os.fdopen(writing, "wb") as pipe:
            pickle.dump(answer, pipe)
        os._exit(0)
    os.close(writing)
    content = b""
    with os.fdopen(reading, "rb") as pipe:
        while select.select([pipe], [], [], PATIENCE)[0]:
            part = os.read(pipe.fileno(), 2**16)
            if not part:
                break
            content += part
        else:
            os.kill(child, signal.SIGKILL)
    status = os.waitpid(child, 0)[1]
    if status:
        signals = {signal.SIGKILL: "hangs, or takes too long"}
        return signals.get(status, f"crashes with status {status}")
    answer = pickle.loads(content)
    return answer


def chunks(files: Mapping[str, bytes]) -> Iterator[list[str]]:
    """Names of files that are judged together: all of one kind."""
    of_cifs, of_json = (
        [name for name in files if name.startswith(kind)] for kind in ("cif", "json")
    )
    # Of both kinds in turn, so that a run that is cut short has seen both.
    for i in range(0, max(len(of_cifs), len(of_json)), CHUNK):
        yield from filter(None, (of_cifs[i : i + CHUNK], of_json[i : i + CHUNK]))


def judge_all(
    files: Mapping[str, bytes], judge: Judge, seconds: float = math.inf
) -> list[Verdict]:
    """Judge chunk by chunk; one by one where a chunk comes to no good end."""
    verdicts: list[Verdict] = []
    ends = time.monotonic() + seconds
    for names in chunks(files):
        if time.monotonic() > ends:
            break
        chunk = {name: files[name] for name in names}
        task = judge.cif_files if names[0].startswith("cif") else judge.json_texts
        found = judge_apart(task, chunk)
        if isinstance(found, str):
            together, found = found, []
            for name, content in chunk.items():
                one = judge_apart(task, {name: content})
                found += [Verdict(name, WRONG, one)] if isinstance(one, str) else one
            if all(verdict.outcome != WRONG for verdict in found):
                found.append(Verdict(f"{names[0]}+together", WRONG, together))
        verdicts += found
        for verdict in found:
            if verdict.outcome == WRONG:
                print(f"\n{verdict.name}: {verdict.detail[-600:]}", file=sys.stderr)
        print(f"\r{len(verdicts)} of {len(files)}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return verdicts


def summary(verdicts: list[Verdict]) -> str:
    """A line for each mutation and a column for each outcome; findings below."""
    outcomes = sorted({verdict.outcome for verdict in verdicts})
    table: dict[str, Counter[str]] = {}
    for verdict in verdicts:
        kind, _, done = verdict.name.partition("-")
        steps = done.partition("-")[2].split("+")
        for row in {f"{kind} {step}" for step in steps}:
            table.setdefault(row, Counter())[verdict.outcome] += 1
        table.setdefault(f"{kind} in all", Counter())[verdict.outcome] += 1
    width = max(map(len, table))
    lines = ["  ".join([" " * width, *outcomes])]
    for row, counts in sorted(table.items()):
        cells = [f"{counts[outcome]:{len(outcome)},}" for outcome in outcomes]
        lines.append("  ".join([row.ljust(width), *cells]))
    alone = sum(v.outcome == RIGHT and bool(v.detail) for v in verdicts)
    lines.append(f"{alone:,} of the right answers are of files that pymatgen refuses.")
    return "\n".join(lines)


def reasons(verdicts: list[Verdict]) -> str:
    """How often each reason was given, without the numbers in it."""
    given = Counter(
        f"{verdict.outcome}: {NUMBER.sub('#', verdict.detail)[:90]}"
        for verdict in verdicts
        if verdict.outcome not in (RIGHT, WRONG)
    )
    return "\n".join(f"{n:6,}  {reason}" for reason, n in given.most_common())


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--files", type=int, default=12_000, metavar="N")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--reasons", action="store_true", help="count the reasons of refusals, too"
    )
    parser.add_argument(
        "--seconds", type=float, default=math.inf, help="begin nothing new after these"
    )
    parser.add_argument("--keep", type=Path, help="folder for the files of findings")
    options = parser.parse_args()
    n_json = int(options.files * SHARE_OF_JSON)
    files = mutated(options.files - n_json, options.seed, "cif")
    files |= mutated(n_json, options.seed, "json")
    begin = time.monotonic()
    verdicts = judge_all(files, Judge(), options.seconds)
    print(summary(verdicts))
    if options.reasons:
        print(reasons(verdicts))
    findings = [verdict for verdict in verdicts if verdict.outcome == WRONG]
    print(
        f"{len(verdicts):,} files in {time.monotonic() - begin:.0f} s, "
        f"seed {options.seed}: {len(findings)} findings."
    )
    for verdict in findings:
        print(f"\n{verdict.name}\n{verdict.detail}")
        if options.keep and verdict.name in files:
            options.keep.mkdir(parents=True, exist_ok=True)
            name = "".join(c if c.isalnum() else "_" for c in verdict.name)[:80]
            (options.keep / name).write_bytes(files[verdict.name])
    return bool(findings)


if __name__ == "__main__":
    sys.exit(main())
