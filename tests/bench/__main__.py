"""`python -m tests.bench [NAME ...]`: all benchmarks, or these. Each prints its ratios, measured in
one run; exit 1 where one that has a bar misses it.
"""

import sys

from tests.bench import accept, compose, deliver, receive, slow

ALL = {
    one.__name__.rpartition(".")[2]: one.main for one in (accept, compose, deliver, receive, slow)
}

if __name__ == "__main__":
    met = [ALL[name]() for name in sys.argv[1:] or ALL]
    sys.exit(1 if False in met else 0)
