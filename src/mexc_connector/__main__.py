"""`python -m mexc_connector`: the same as the command `mexc-connector`."""

import sys

from mexc_connector.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
