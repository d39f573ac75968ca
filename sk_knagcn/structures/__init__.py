"""The one door for X: what a user may pass, and what is wrong with it.

Everything behind this door works on `Crystal`: plain arrays whose contents have been
checked once.
"""

from sk_knagcn.structures.crystal import Crystal
from sk_knagcn.structures.door import as_column, check_structures

__all__ = ["Crystal", "as_column", "check_structures"]
