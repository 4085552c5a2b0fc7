"""`python -m nextposture` is `nextposture`."""

import sys

from nextposture.cli import main

if __name__ == "__main__":
    sys.exit(main())
