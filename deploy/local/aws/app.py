"""One port for everything: all parts wired together, and which of them a request is for."""

import re
from collections.abc import Sequence
from typing import Any, Protocol

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from deploy.local.aws import rest_json
from deploy.local.aws.control import Control
from deploy.local.aws.errors import AwsError
from deploy.local.aws.s3 import S3
from deploy.local.aws.ses.account import Allowance
from deploy.local.aws.ses.configuration_sets import ConfigurationSets
from deploy.local.aws.ses.faults import FaultPlan
from deploy.local.aws.ses.feedback import Feedback
from deploy.local.aws.ses.identities import Identities
from deploy.local.aws.ses.journal import Journal
from deploy.local.aws.ses.receiving.loopback import Loopback
from deploy.local.aws.ses.receiving.received import NAME
from deploy.local.aws.ses.receiving.receiving import Receiving
from deploy.local.aws.ses.send_email import SendEmail
from deploy.local.aws.ses.suppression import Suppression
from deploy.local.aws.sqs.operations import TARGET, Sqs

SES = "/v2/email/"
CONTROL = ("/health", "/sent", "/posts", "/faults", "/account", "/inbound", "/loopback")
SIGNED_FOR = re.compile(r"Credential=[^,]*/([a-z0-9-]+)/aws4_request")


class Routed(Protocol):
    def routes(self) -> list[Route]: ...


def create_app(loopback_domains: Sequence[str] = ()) -> ASGIApp:
    """Nothing is shared with another app but moto's buckets, which are the process's."""
    plan, allowance, journal = FaultPlan(), Allowance(), Journal()
    sets, suppression, sqs, s3 = ConfigurationSets(), Suppression(), Sqs(), S3(NAME)
    queue = sqs.with_dead_letters("postroom-feedback")
    feedback = Feedback(queue.put, sets, suppression, plan)
    receiving = Receiving(s3.put, sqs.with_dead_letters(NAME).put)
    loopback = Loopback(receiving.take, suppression, loopback_domains)
    parts: list[Routed] = [
        SendEmail(plan, allowance, sets, journal, [feedback.publish, loopback.deliver]),
        receiving,
        loopback,
        Control(journal, plan, allowance),
        allowance,
        Identities(),
        sets,
        suppression,
    ]
    handlers: dict[Any, Any] = {
        AwsError: rest_json.refused,
        404: rest_json.unknown,
        405: rest_json.unknown,
    }
    routes = [route for part in parts for route in part.routes()]
    ses = Starlette(routes=routes, exception_handlers=handlers)
    return _dispatcher(ses, sqs, s3)


def _dispatcher(ses: ASGIApp, sqs: Sqs, s3: S3) -> ASGIApp:
    async def dispatch(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"].startswith(SES) or scope["path"] in CONTROL:
            await ses(scope, receive, send)
            return
        request = Request(scope, receive)
        signed = SIGNED_FOR.search(request.headers.get("authorization", ""))
        if request.headers.get("x-amz-target", "").startswith(TARGET):
            response = await sqs.handle(request)
        elif signed and signed[1] != "s3":
            response = await rest_json.unknown(request)
        else:
            response = await s3.handle(request)
        await response(scope, receive, send)

    return dispatch
