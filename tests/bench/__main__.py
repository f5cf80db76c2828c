"""All benchmarks: `python -m tests.bench`. Each prints a line."""

from tests.bench import accept

if __name__ == "__main__":
    accept.main()
