"""The runner behind `make check`, `make test`, `make bench` and `make docs`."""

from __future__ import annotations

import sys

from gates import runner

if __name__ == "__main__":
    sys.exit(runner.main(sys.argv[1:]))
