"""What big messages took is given back, by all threads: told by the kernel, of a new process."""

import subprocess
import sys

# Two threads that stay, one after the other, do as one who sends: a large block, then many that are
# smaller; and each leaves something behind that is to stay.
PROGRAM = """
import threading
from common import memory
from tests.bench.measure import rss_bytes

def work(number):
    largest = b"x" * 30_000_000
    del largest
    pieces = [b"x" * 1_200_000 for _ in range(30)]
    left.append(bytes(1000))
    del pieces
    done[number].set()
    end.wait()

left, end, done = [], threading.Event(), [threading.Event() for _ in range(2)]
memory.give_back()
before = rss_bytes("self")
for number in range(2):
    threading.Thread(target=work, args=(number,)).start()
    done[number].wait()
print(rss_bytes("self") - before)
end.set()
"""


def test_no_thread_keeps_what_it_has_freed() -> None:
    program = [sys.executable, "-c", PROGRAM]
    ran = subprocess.run(program, capture_output=True, check=True)  # noqa: S603 - as it stands here

    assert int(ran.stdout) < 10_000_000
