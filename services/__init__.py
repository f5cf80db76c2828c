"""The processes of Postroom; each is `python -m services.NAME`.

A process begins by importing thousands of objects, of which none becomes garbage, and the collector
walks through them again and again: a fifth of the CPU of a start. So it rests until
`common.process.begin`. While `-m` looks for its module `sys.argv[0]` is "-m"
(https://docs.python.org/3/using/cmdline.html#cmdoption-m): who imports a service as a part of
something else keeps its collector.
"""

import gc
import sys

if sys.argv[0] == "-m":
    gc.disable()
