"""The command line as ``python -m sk_knagcn``."""

import sys

from sk_knagcn.cli import main

if __name__ == "__main__":
    sys.exit(main())
