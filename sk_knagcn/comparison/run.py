"""All tasks of a comparison: in order, in processes, and on from where they stopped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from joblib import delayed, effective_n_jobs
from numpy.typing import NDArray
from sklearn import config_context, get_config
from sklearn.utils import _safe_indexing
from tqdm.auto import tqdm

from sk_knagcn.comparison.folds import Part
from sk_knagcn.comparison.journal import Journal
from sk_knagcn.comparison.killed import outlast_kills
from sk_knagcn.comparison.preparation import fill_caches, ready_model
from sk_knagcn.comparison.tasks import Failure, Outcome, failure_of, run_task
from sk_knagcn.graphs import as_graphs


class Key(NamedTuple):
    """Which task: the model's name and the place of the part in the list of parts."""

    model: str
    part: int


def run_all(
    models: Mapping[str, Any],
    parts: Sequence[Part],
    X: Any,
    y: NDArray[Any],
    classes: NDArray[Any] | None,
    *,
    journal: Journal | None,
    n_jobs: int | None,
    verbose: int,
) -> tuple[dict[Key, Outcome], dict[str, Failure]]:
    """Outcomes of all models that work, and the first failure of each that does not."""
    names: dict[Key, str] = {}
    outcomes: dict[Key, Outcome] = {}
    keys = [Key(model, i) for model in models for i in range(len(parts))]
    if journal is not None:
        described = {name: journal.describe(model) for name, model in models.items()}
        for key in keys:
            part = parts[key.part]
            names[key] = journal.name(described[key.model], part)
            known = journal.read(names[key], len(part.test))
            if known is not None:
                outcomes[key] = known
    missing = [key for key in keys if key not in outcomes]
    failures: dict[str, Failure] = {}
    errors: dict[str, Exception] = {}
    config = get_config()  # of this thread: processes and other threads have their own
    with (
        _folder_for(n_jobs) as folder,
        tqdm(
            total=len(keys), initial=len(outcomes), unit="fold", disable=not verbose
        ) as bar,
    ):
        ready = {key.model: models[key.model] for key in missing}
        if as_graphs(X) is None:
            ready = {name: ready_model(model, folder) for name, model in ready.items()}
            bar.set_description("graphs and descriptors")
            errors = fill_caches(ready, X, n_jobs)

        def start(key: Key) -> Any:
            if key.model in failures:  # it would only fail again
                return delayed(_skip)(key)
            part = parts[key.part]
            bar.set_description(f"{key.model}, fold {part.fold + 1}")
            # X as a whole: it is then one and the same object for all tasks, and
            # backends that send it to other machines send it to each once.
            call = delayed(_run_named)
            return call(key, config, ready[key.model], X, y, part, classes)

        for key, outcome in outlast_kills(start, missing, n_jobs):
            if isinstance(outcome, Failure):
                # The same error in all of X calls structures by their numbers there.
                error = errors.get(key.model)
                if error and outcome.error.startswith(f"{type(error).__name__}:"):
                    outcome = failure_of(error)
                failures.setdefault(key.model, outcome)
            elif outcome is not None:
                outcomes[key] = outcome
                if journal is not None:
                    journal.write(names[key], outcome)
            bar.update()
    # In the order of the models, whichever was finished first.
    worked = (key for key in keys if key.model not in failures)
    return {key: outcomes[key] for key in worked}, failures


@contextmanager
def _folder_for(n_jobs: int | None) -> Iterator[Path | None]:
    """A temporary folder through which processes share what was made for them."""
    if effective_n_jobs(n_jobs) == 1:
        yield None
    else:
        with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            yield Path(folder)


def _skip(key: Key) -> tuple[Key, None]:
    return key, None


def _run_named(
    key: Key,
    config: dict[str, Any],
    model: Any,
    X: Any,
    y: NDArray[Any],
    part: Part,
    classes: NDArray[Any] | None,
) -> tuple[Key, Outcome | Failure]:
    train, test = (_safe_indexing(X, rows) for rows in (part.train, part.test))
    with config_context(**config):
        return key, run_task(model, train, y[part.train], test, classes)
