"""S3 is moto's, in this process: a WSGI application behind a few threads, as it knows no other way.

Buckets and objects are in memory, and big ones spill to temporary files.
"""

import asyncio
import io
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import unquote

from moto.moto_server.werkzeug_app import create_backend_app
from moto.s3.models import s3_backends
from starlette.requests import Request
from starlette.responses import Response

from deploy.local.aws import policies
from deploy.local.aws.arns import ACCOUNT, REGION

THREADS = 4


class S3:
    def __init__(self, *buckets: str) -> None:
        """These, which SES may write to, and no others, as moto has one S3 for the process."""
        self._app: Any = create_backend_app("s3")
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="s3")
        backend = s3_backends[ACCOUNT]["aws"]
        backend.reset()
        for bucket in buckets:
            backend.create_bucket(bucket, REGION)
            backend.put_bucket_policy(bucket, policies.ses_stores(bucket).encode())

    async def handle(self, request: Request) -> Response:
        environ = _environ(request, await request.body())
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._call, environ)

    async def put(self, bucket: str, key: str, body: bytes) -> None:
        """As SES does it: without a request."""
        put = s3_backends[ACCOUNT]["aws"].put_object
        await asyncio.get_running_loop().run_in_executor(self._threads, put, bucket, key, body)

    def _call(self, environ: dict[str, Any]) -> Response:
        started: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], _: object = None) -> None:
            started.extend((status, headers))

        body = b"".join(self._app(environ, start_response))
        status, headers = started
        response = Response(body, int(status.split()[0]))
        # moto's headers as they are: Starlette would add a length of its own to the answer of HEAD.
        response.raw_headers = [(k.lower().encode(), v.encode()) for k, v in headers]
        return response


def _environ(request: Request, body: bytes) -> dict[str, Any]:
    """PEP 3333. moto wants the path decoded, and the raw one for keys with escaped characters."""
    raw_path = request.scope["raw_path"].decode("ascii")
    query = request.scope["query_string"].decode("ascii")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(raw_path, "latin-1"),
        "QUERY_STRING": query,
        "RAW_URI": f"{raw_path}?{query}" if query else raw_path,
        "SERVER_NAME": request.url.hostname or "localhost",
        "SERVER_PORT": str(request.url.port or 80),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    environ["REQUEST_URI"] = environ["RAW_URI"]
    for name, value in request.headers.items():
        key = name.upper().replace("-", "_")
        plain = key in ("CONTENT_TYPE", "CONTENT_LENGTH")
        environ[key if plain else f"HTTP_{key}"] = value
    environ["CONTENT_LENGTH"] = str(len(body))
    return environ
