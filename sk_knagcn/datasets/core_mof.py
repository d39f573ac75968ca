"""The CoRE MOF databases, from the package CoRE-MOF: structures and pore properties."""

from __future__ import annotations

import tarfile
from collections.abc import Generator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sklearn.utils import Bunch, check_random_state
from tqdm.auto import tqdm

from sk_knagcn.datasets.assembly import paused_collector
from sk_knagcn.datasets.cif_files import Refusal, read_cifs
from sk_knagcn.datasets.store import StoredStructures, save_structures
from sk_knagcn.labels import henry_constant
from sk_knagcn.labels.force_field import read_uff
from sk_knagcn.labels.henry import describe_problem
from sk_knagcn.structures import check_structures

if TYPE_CHECKING:
    import pandas as pd
    from pymatgen.core import Structure

VERSIONS = ("2019-ASR", "2019-FSR")
# Columns of the package's table, as they are called here, with the unit in the name.
# Its column cm3_g is in truth the density.
_COLUMNS = {
    "LCD": "largest_cavity_diameter_A",
    "PLD": "pore_limiting_diameter_A",
    "LFPD": "largest_free_path_diameter_A",
    "cm3_g": "density_g_cm3",
    "ASA_m2_cm3": "accessible_surface_m2_cm3",
    "ASA_m2_g": "accessible_surface_m2_g",
    "AV_VF": "void_fraction",
    "AV_cm3_g": "accessible_volume_cm3_g",
}
_HENRY = "henry_H2_298K"
_SOURCE = (
    "CoRE MOF 2019 (Chung et al., J. Chem. Eng. Data 64, 5985, 2019) through the "
    "package CoRE-MOF"
)


def load_core_mof(
    version: str = "2019-ASR",
    *,
    target: str | list[str] = "void_fraction",
    henry: bool = False,
    max_atoms: int | None = None,
    subset: int | None = None,
    random_state: Any = 0,
    cache: str | Path | None = None,
    n_jobs: int | None = None,
    verbose: int = 0,
    return_X_y: bool = False,
) -> Any:
    """Load experimental metal-organic frameworks with published pore properties.

    They come with the package CoRE-MOF; nothing is fetched. The properties were
    computed by the authors with Zeo++ for a probe of nitrogen.

    Parameters
    ----------
    version : {"2019-ASR", "2019-FSR"}, default="2019-ASR"
        All solvent removed, or only what is not bound.
    target : str or list of str, default="void_fraction"
        Columns of ``properties`` to learn.
    henry : bool, default=False
        Compute the column ``henry_H2_298K`` as well: the Henry constant of H2 at
        298.15 K, by `henry_constant` with its defaults, which takes some 0.1 s for each
        and knows other gases and temperatures, too. Structures that have none, mostly
        because atoms overlap, go to ``refused``.
    max_atoms : int, default=None
        Leave larger cells out.
    subset : int, default=None
        Take so many of them, drawn at random, for the impatient.
    random_state : int, RandomState instance or None, default=0
        Decides which.
    cache : str or Path, default=None
        Folder in which the structures are kept once they have been read, as plain
        arrays, and Henry constants. None reads the CIF files each time.
    n_jobs : int, default=None
        Processes that read CIF files and threads that compute Henry constants; as
        everywhere in scikit-learn.
    verbose : int, default=0
        Show progress bars if positive.
    return_X_y : bool, default=False
        Give structures and target only.

    Returns
    -------
    Bunch or (list of Structure, ndarray)
        With ``structures``, ``target``, ``target_names``, ``names``, ``properties``, a
        DataFrame with the unit in the name of each column, ``refused``, a DataFrame of
        what could not be read or labelled, ``source`` and ``licence``.

    See Also
    --------
    sk_knagcn.labels.henry_constant : Any gas, any temperature.
    load_cif_folder : CIF files of your own.
    """
    import pandas as pd

    if version not in VERSIONS:
        raise ValueError(f"version must be one of {VERSIONS}, got {version!r}.")
    if subset is not None and subset < 1:
        raise ValueError(f"subset must be 1 at least, got {subset}.")
    targets = [target] if isinstance(target, str) else list(target)
    columns = [*_COLUMNS.values(), *([_HENRY] if henry else [])]
    unknown = set(targets) - set(columns)
    if unknown:
        hint = f"; {_HENRY} needs henry=True" if _HENRY in unknown else ""
        raise ValueError(
            f"there is no column {sorted(unknown)}; there are {columns}{hint}."
        )
    table = _properties(version)
    names = sorted(table.index)
    if subset is not None:
        order = check_random_state(random_state).permutation(len(names))
        names = [names[i] for i in order]
    found: dict[str, Structure] = {}
    refused: list[Refusal] = []
    reading = closing(_read(version, names, max_atoms, cache, n_jobs, verbose))
    with reading as read, paused_collector():
        for one, name in zip(read, names, strict=False):
            if isinstance(one, Refusal):
                refused.append(one)
            elif one is None or (max_atoms is not None and len(one) > max_atoms):
                continue  # too large
            elif henry and (reason := _why_no_henry_constant(one)):
                refused.append(Refusal(name, reason))
            else:
                found[name] = one
            if len(found) == subset:
                break
    if not found:
        raise ValueError(f"no structure has at most {max_atoms} atoms.")
    names = sorted(found)
    structures = [found[name] for name in names]
    properties = table.loc[names]
    if henry:
        how: dict[str, Any] = {"n_jobs": n_jobs, "verbose": verbose}
        properties = properties.assign(
            **{_HENRY: henry_constant(structures, cache=cache or "memory", **how)}
        )
    y = properties[targets].to_numpy()
    y = y[:, 0] if isinstance(target, str) else y
    if return_X_y:
        return structures, y
    return Bunch(
        structures=structures,
        target=y,
        target_names=targets,
        names=names,
        properties=properties,
        refused=pd.DataFrame(refused, columns=["name", "reason"]),
        source=_SOURCE,
        licence="CC BY 4.0",
    )


def _read(
    version: str,
    names: list[str],
    max_atoms: int | None,
    cache: str | Path | None,
    n_jobs: int | None,
    verbose: int,
) -> Generator[Structure | Refusal | None]:
    """Structures in the order of the names, None for one that is clearly too large."""
    if cache is None:
        yield from read_cifs(names, _unpack(version, names), n_jobs, verbose)
        return
    file = Path(cache) / f"core-mof-{version}.npz"
    if not file.is_file():
        everything = read_cifs(names, _unpack(version, names), n_jobs, verbose)
        pairs = zip(names, everything, strict=True)
        good = {n: one for n, one in pairs if not isinstance(one, Refusal)}
        save_structures(file, list(good), list(good.values()))
    stored = StoredStructures(file)
    for name in tqdm(names, desc="Structures", unit="MOF", disable=not verbose):
        if name not in stored:
            yield _reread(version, name)
        elif max_atoms is None or stored.size(name) <= max_atoms:
            yield stored[name]
        else:
            yield None


def _why_no_henry_constant(structure: Structure) -> str | None:
    (crystal,) = check_structures([structure])
    return describe_problem(crystal, read_uff())


def _reread(version: str, name: str) -> Structure | Refusal:
    """What the cache does not hold could not be read; find out why."""
    (one,) = read_cifs([name], _unpack(version, [name]), None, 0)
    return one


def _unpack(version: str, names: list[str]) -> list[bytes]:
    """The texts of some entries, in the order of the names."""
    wanted = {f"{name}.cif": i for i, name in enumerate(names)}
    texts = [b""] * len(names)
    archive = Path(_package().__file__).parent / "data" / f"{version}.tar.xz"
    with tarfile.open(archive) as members:
        for member in members:
            place = wanted.get(member.name.rsplit("/", 1)[-1])
            content = members.extractfile(member) if place is not None else None
            if place is not None and content is not None:
                texts[place] = content.read()
    return texts


def _properties(version: str) -> pd.DataFrame:
    """The published numbers, by name of the entry."""
    table = _package().get_properties(version).set_index("filename")
    return table[list(_COLUMNS)].rename(columns=_COLUMNS)


def _package() -> Any:
    try:
        import CoRE_MOF
    except ImportError as error:
        raise ImportError(
            "the frameworks come with the package CoRE-MOF: install it with "
            "pip install 'sk_knagcn[mof]'."
        ) from error
    return CoRE_MOF
