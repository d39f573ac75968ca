"""The one block of a CIF file that lists atoms."""

from __future__ import annotations

import re

_TEXT = re.compile(r"^;.*?^;", re.MULTILINE | re.DOTALL)  # over several lines
_BLOCK = re.compile(r"^\s*data_", re.MULTILINE | re.IGNORECASE)
_LISTING = re.compile(
    r"^\s*(?:loop_\s+)?_atom_site_fract_x(?!\S)", re.MULTILINE | re.IGNORECASE
)


def block_with_atoms(text: str) -> str:
    """Cut out the block that lists atoms, or raise an error if atoms are listed twice.

    Of blocks with the same name, of tables, and of what several blocks say of symmetry,
    pymatgen keeps the last.

    Parameters
    ----------
    text : str
        A whole file.

    Returns
    -------
    str
        From its name to the next; all of the file if no atoms are listed.
    """
    bare = _TEXT.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)
    listings = [found.end() for found in _LISTING.finditer(bare)]
    if len(listings) > 1:
        raise ValueError(
            f"it holds {len(listings)} structures. Give each a file of its own"
        )
    if not listings:
        return text
    names = [found.start() for found in _BLOCK.finditer(bare)]
    first = max((name for name in names if name < listings[0]), default=0)
    last = min((name for name in names if name > listings[0]), default=len(text))
    return text[first:last]
