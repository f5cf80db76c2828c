"""python -m deploy.local.aws --port N [--host 127.0.0.1] [--loopback DOMAIN ...]"""

import argparse

from deploy.local.aws.app import create_app
from deploy.local.aws.server import serve


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m deploy.local.aws", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True, help="0 takes a free one and prints it")
    words = "mail that is sent to this domain comes in again; may be repeated"
    parser.add_argument("--loopback", action="append", default=[], metavar="DOMAIN", help=words)
    options = parser.parse_args()
    serve(create_app(options.loopback), options.host, options.port)


if __name__ == "__main__":
    main()
