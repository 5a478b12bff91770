"""`python -m sim`: the command `churnlab`, where its script is not on the path."""

import sys

from sim.cli import main

if __name__ == "__main__":
    sys.exit(main())
