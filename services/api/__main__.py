"""`python -m services.api`: the API on HOST:PORT, until SIGTERM or SIGINT."""

import signal

from common import process
from common.settings import Settings
from services.api.app import create
from services.api.server import Server


def main() -> None:
    """Blocks until a signal has come and what had begun has come to its end."""
    settings = Settings()
    process.begin(settings, "api")
    server = Server(settings, create(settings))
    # From now on, not only once it listens; and when it has stopped, uvicorn raises the signal
    # again for whoever handled it before: by default that ends the process, and not with 0.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, server.handle_exit)
    server.run()


if __name__ == "__main__":
    main()
