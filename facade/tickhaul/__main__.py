"""`python -m tickhaul`, the command where its script is not on the path."""

import sys

from tickhaul.cli.run import main

if __name__ == "__main__":
    sys.exit(main())
