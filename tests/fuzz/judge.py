"""A clear refusal or a right answer: everything else is a finding."""

from __future__ import annotations

import json
import re
import tempfile
import warnings
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from pymatgen.core import Structure

from sk_knagcn import KNAGCNRegressor, StructureGraphTransformer
from sk_knagcn.datasets import load_cif_folder
from sk_knagcn.datasets.cif import _read_with_pymatgen, read_cif
from tests.fuzz.originals import cif_texts, crystals

K = 6
REFUSED_BY_READER = "refused by the reader"
REFUSED_BY_PYMATGEN = "refused by pymatgen"
REFUSED_AT_DOOR = "refused at the door"
RIGHT = "right answer"
WRONG = "FINDING"


class Verdict(NamedTuple):
    """What became of one file."""

    name: str
    outcome: str
    detail: str = ""


class Judge:
    """A transformer and a small fitted network that files are put through."""

    def __init__(self) -> None:
        self.transformer = StructureGraphTransformer(
            k=K, cache=None, on_disorder="majority"
        )
        self.model = KNAGCNRegressor(
            n_layers=1, width=8, n_radial=6, head=(8,), max_epochs=2, random_state=0
        )
        for text in cif_texts():  # pymatgen remembers space groups; children inherit
            _read_with_pymatgen(text)
        known = list(crystals().values())
        graphs = self.transformer.transform(known)
        self.model.fit(graphs, np.arange(len(known), dtype=float))

    def cif_files(self, files: Mapping[str, bytes]) -> list[Verdict]:
        """Judge the files as one folder."""
        with tempfile.TemporaryDirectory() as folder:
            for name, content in files.items():
                Path(folder, f"{name}.cif").write_bytes(content)
            try:
                data = load_cif_folder(folder)
            except ValueError as error:
                if len(files) == 1 and "nothing in" in str(error):
                    return [Verdict(*files, REFUSED_BY_READER, str(error))]
                if "nothing in" not in str(error):
                    raise
                raise AssertionError(f"all of {len(files)} refused") from error
        verdicts = {
            name: Verdict(name, REFUSED_BY_READER, reason)
            for name, reason in data.refused.itertuples(index=False)
        }
        if not all(one.detail.strip() for one in verdicts.values()):
            raise AssertionError("a refusal without a reason")
        if sorted([*verdicts, *data.names]) != sorted(files):
            raise AssertionError("files are lost or doubled")
        if data.names != sorted(data.names):
            raise AssertionError("the order is not that of the files")
        for verdict in self._structures(data.names, data.structures):
            if verdict.outcome == RIGHT:
                content = files[verdict.name]
                verdict = as_pymatgen_reads(verdict, content)
            verdicts[verdict.name] = verdict
        return [verdicts[name] for name in files]

    def json_texts(self, files: Mapping[str, bytes]) -> list[Verdict]:
        """Judge the structures that pymatgen makes of the texts."""
        verdicts, made = {}, {}
        for name, content in files.items():
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    made[name] = Structure.from_dict(json.loads(content))
            except Exception as error:
                verdicts[name] = Verdict(name, REFUSED_BY_PYMATGEN, repr(error))
        for verdict in self._structures(list(made), list(made.values())):
            verdicts[verdict.name] = verdict
        return [verdicts[name] for name in files]

    def _structures(
        self, names: Sequence[str], structures: Sequence[Any]
    ) -> Iterator[Verdict]:
        """Judge each by itself, then the sound ones and all of them together."""
        good: list[Any] = []
        alone: list[float] = []
        bad: list[int] = []
        for row, (name, structure) in enumerate(zip(names, structures, strict=True)):
            try:
                graphs = self.transformer.transform([structure])
            except (TypeError, ValueError) as error:
                if not str(error).startswith(("structure 0 (", "item 0 ")):
                    yield Verdict(name, WRONG, f"says what is not clear: {error!r}")
                    continue
                bad.append(row)
                yield Verdict(name, REFUSED_AT_DOOR, str(error))
                continue
            prediction = self.model.predict(graphs)
            sound = (
                np.isfinite(graphs[0].coordinates).all()
                and np.isfinite(prediction).all()
                and graphs.n_atoms[0] == graphs[0].multiplicity.sum()
            )
            if not sound:
                yield Verdict(name, WRONG, f"NaN, or atoms lost: {structure}")
                continue
            yield Verdict(name, RIGHT)
            good.append(structure)
            alone.append(prediction[0])
        if good:
            for step in (1, -1):
                together = self.model.predict(self.transformer.transform(good[::step]))
                np.testing.assert_allclose(
                    together, alone[::step], rtol=1e-4, atol=1e-5
                )
        if bad:
            try:
                self.transformer.transform(structures)
            except (TypeError, ValueError) as error:
                named = {
                    int(n)
                    for n in re.findall(r"(?:structure|item) (\d+) \(", str(error))
                }
                if not named or not named <= set(bad):
                    raise AssertionError(f"names {named}, not {bad}") from error
            else:
                raise AssertionError("accepts together what it refuses alone")


def as_pymatgen_reads(verdict: Verdict, content: bytes) -> Verdict:
    """The same atoms as pymatgen finds in the file, unless it refuses the file."""
    text = decoded(content)
    try:
        with np.errstate(all="ignore"):
            expected = _read_with_pymatgen(text)
    except Exception:
        return verdict._replace(detail="pymatgen refuses it")
    found = read_cif(text)
    if not isinstance(found, Structure):
        found = found.to_structure()
    if not same_atoms(found, expected):
        return Verdict(verdict.name, WRONG, f"reads\n{found}\nand not\n{expected}")
    return verdict


def decoded(content: bytes) -> str:
    """The text in the encoding that its first bytes name, or that fits."""
    if content[:2] in (BOM_UTF16_LE, BOM_UTF16_BE):
        return content.decode("utf-16")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def same_atoms(one: Structure, other: Structure) -> bool:
    """Equal cells, and the same elements at the same places, to 0.01 of the cell."""
    if len(one) != len(other) or not np.allclose(
        one.lattice.matrix, other.lattice.matrix, rtol=1e-4, atol=1e-6
    ):
        return False
    kinds = {species: i for i, species in enumerate({*one.species_and_occu})}
    mine = np.array([kinds[species] for species in one.species_and_occu])
    theirs = np.array([kinds.get(species, -1) for species in other.species_and_occu])
    found = np.zeros(len(other), dtype=bool)
    for kind, place in zip(mine, one.frac_coords, strict=True):
        apart = np.abs(other.frac_coords - place) % 1
        near = (np.minimum(apart, 1 - apart) < 0.01).all(axis=1) & (theirs == kind)
        if not near.any():
            return False
        found |= near
    return bool(found.all())
