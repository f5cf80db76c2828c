"""AWS accounts as moto's server has them, and SES as it has not. The access key is the account."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from io import BytesIO
from threading import Thread
from typing import Any, Final
from urllib.parse import parse_qs

from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from moto.ses.models import ses_backends
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends
from werkzeug.serving import make_server

from tests.integration.deploy.account.ses_v2 import SesV2, read

_SIGNED: Final = re.compile(r"Credential=([0-9]{12})/[0-9]+/([a-z0-9-]+)/([a-z0-9]+)/")
_DONE: Final = (
    '<{0}Response xmlns="http://ses.amazonaws.com/doc/2010-12-01/"><{0}Result/>'
    "<ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></{0}Response>"
)


class Accounts:
    """A WSGI application (PEP 3333)."""

    def __init__(self) -> None:
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._ses: dict[tuple[str, str], SesV2] = {}

    def ses(self, account: str, region: str) -> SesV2:
        """What SES v2 has there."""
        topics = sns_backends[account][region].topics
        return self._ses.setdefault((account, region), SesV2(lambda arn: arn in topics))

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        signed = _SIGNED.search(environ.get("HTTP_AUTHORIZATION", ""))
        assert signed, "a call that is not signed"
        account, region, service = signed.groups()
        environ["HTTP_X_MOTO_ACCOUNT_ID"] = account
        if environ.get("HTTP_X_AMZ_TARGET") == "AmazonSQS.GetQueueAttributes":
            return self._queue_attributes(environ, start_response, account, region)
        if service != "ses":
            return self._moto(environ, start_response)
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = BytesIO(body)
        if environ["PATH_INFO"].startswith("/v2/"):
            asked = environ["REQUEST_METHOD"], environ["PATH_INFO"], read(body)
            return _json(start_response, *self.ses(account, region).answer(*asked))
        if b"Action=DeleteReceiptRule&" in body:
            return _delete_receipt_rule(start_response, account, region, body)
        return self._moto(environ, start_response)

    def _queue_attributes(
        self, environ: dict[str, Any], start_response: Callable[..., Any], *where: str
    ) -> list[bytes]:
        """moto keeps the RedriveAllowPolicy and never tells it."""
        answered: list[Any] = []
        body = b"".join(self._moto(environ, lambda *told: answered.extend(told)))
        told = json.loads(body)
        if "Attributes" in told:
            account, region = where
            name = told["Attributes"]["QueueArn"].rpartition(":")[2]
            allow = getattr(sqs_backends[account][region].queues[name], "redrive_allow_policy", "")
            told["Attributes"] |= {"RedriveAllowPolicy": allow} if allow else {}
        headers = [one for one in answered[1] if one[0].lower() != "content-length"]
        start_response(answered[0], headers)
        return [json.dumps(told).encode()]


def _json(start_response: Callable[..., Any], status: HTTPStatus, answer: Any) -> list[bytes]:
    headers = [("Content-Type", "application/json")]
    if "__type" in answer:
        headers.append(("x-amzn-errortype", answer["__type"]))
    start_response(f"{status.value} {status.phrase}", headers)
    return [json.dumps(answer).encode()]


def _delete_receipt_rule(
    start_response: Callable[..., Any], account: str, region: str, body: bytes
) -> list[bytes]:
    """moto does not know it. As on AWS, one that is not there is deleted too."""
    asked = parse_qs(body.decode())
    rule_set = ses_backends[account][region].receipt_rule_set[asked["RuleSetName"][0]]
    rule_set.rules[:] = [one for one in rule_set.rules if one["Name"] != asked["RuleName"][0]]
    start_response("200 OK", [("Content-Type", "text/xml")])
    return [_DONE.format("DeleteReceiptRule").encode()]


@contextmanager
def serving(accounts: Accounts) -> Iterator[str]:
    """Its URL."""
    server = make_server(
        "127.0.0.1", 0, accounts, threaded=True, request_handler=MotoRequestHandler
    )
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
