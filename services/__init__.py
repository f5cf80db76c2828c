"""The processes of Postroom; each is `python -m services.NAME`.

A process begins by importing thousands of objects, of which none becomes garbage, and the collector
walks through them again and again: a fifth of the CPU of a start. So it rests until
`common.process.begin`. While `-m` looks for its module `sys.argv[0]` is "-m"
(https://docs.python.org/3/using/cmdline.html#cmdoption-m): who imports a service as a part of
something else keeps its collector.
"""

import gc
import os
import sys

if sys.argv[0] == "-m":
    gc.disable()
    if not os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
        # redis-py imports OpenTelemetry's metrics wherever they are installed, which takes 2 MB,
        # and does without them where they are not.
        sys.modules["opentelemetry.sdk.metrics"] = None  # type: ignore[assignment]
