"""``python -m smallnet`` is the command ``smallnet``."""

import sys

from smallnet.cli import main

__all__: list[str] = []

if __name__ == "__main__":
    sys.exit(main())
