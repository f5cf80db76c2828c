"""Makes the checkout ready: what every make target asks for first.

This file must parse on any Python 3, however old, so that an old one is told what is wrong instead
of showing a syntax error: nothing newer than `sys.exit` may stand above the import of the rest.
"""

import os
import sys

if sys.version_info < (3, 11):  # noqa: UP036 - the old python3 is the one this line is for
    sys.exit(
        "Postroom needs Python 3.11 or newer, and %s is Python %d.%d.\n"  # noqa: UP031
        "Install a newer one, or name it: make PYTHON=python3.12 run"
        % (sys.executable, sys.version_info[0], sys.version_info[1])
    )

# The script's own folder is first on the path, where `redis.py` would hide the package redis.
sys.path[0] = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))  # noqa: PTH100, PTH120

from deploy.local.installation import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main())
