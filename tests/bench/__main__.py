"""All benchmarks: `python -m tests.bench`. Each prints its ratios, measured in one run."""

from tests.bench import accept, compose

if __name__ == "__main__":
    accept.main()
    compose.main()
