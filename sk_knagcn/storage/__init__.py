"""What was computed once, kept by key: in memory and, if wanted, in a folder."""

from sk_knagcn.storage.code import own_code
from sk_knagcn.storage.database import Database
from sk_knagcn.storage.layers import LayeredStore, one_per_folder
from sk_knagcn.storage.memory import BoundedMemory
from sk_knagcn.storage.whole import sweep, write_whole

__all__ = [
    "BoundedMemory",
    "Database",
    "LayeredStore",
    "one_per_folder",
    "own_code",
    "sweep",
    "write_whole",
]
