"""One port for everything: all parts wired together, and which of them a request is for."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from deploy.local.aws import policies, rest_json, sts
from deploy.local.aws.control import Control
from deploy.local.aws.errors import AwsError
from deploy.local.aws.query import Handler
from deploy.local.aws.s3 import S3
from deploy.local.aws.ses.account import Allowance
from deploy.local.aws.ses.configuration_sets import TOPIC as FEEDBACK_TOPIC, ConfigurationSets
from deploy.local.aws.ses.faults import FaultPlan
from deploy.local.aws.ses.feedback import Feedback
from deploy.local.aws.ses.identities import Identities
from deploy.local.aws.ses.journal import Journal
from deploy.local.aws.ses.receiving.loopback import Loopback
from deploy.local.aws.ses.receiving.received import NAME, TOPIC
from deploy.local.aws.ses.receiving.receiving import Receiving
from deploy.local.aws.ses.receiving.rules import RuleSets
from deploy.local.aws.ses.send_email import SendEmail
from deploy.local.aws.ses.suppression import Suppression
from deploy.local.aws.sns import Sns
from deploy.local.aws.sqs.operations import TARGET, Sqs

SES = "/v2/email/"
CONTROL = ("/health", "/sent", "/posts", "/faults", "/account", "/inbound", "/loopback")
SIGNED_FOR = re.compile(r"Credential=[^,]*/([a-z0-9-]+)/aws4_request")


class Routed(Protocol):
    def routes(self) -> list[Route]: ...


RESET = "/reset"


@dataclass(frozen=True, slots=True)
class Double:
    """All parts of one double. Nothing is shared with another but moto's buckets."""

    ses: ASGIApp
    sqs: Sqs
    s3: S3
    by_signature: Mapping[str, Handler]
    """Of the query protocol, by the name of the service that a request is signed for."""


def create_app(domains: Sequence[str] = ()) -> ASGIApp:
    """With the whole set-up in it, as `deploy.aws` makes it. `domains`: they are identities, and
    mail that is sent to them comes in again. `POST /reset`: all of it as it was at the start.
    """
    double = _wired(domains)

    async def dispatch(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal double
        if scope["path"] == RESET:
            double = _wired(domains)
            response = rest_json.answer({"status": "ready"})
        elif scope["path"].startswith(SES) or scope["path"] in CONTROL:
            await double.ses(scope, receive, send)
            return
        else:
            response = await _answered(double, Request(scope, receive))
        await response(scope, receive, send)

    return dispatch


async def _answered(double: Double, request: Request) -> Response:
    signed = SIGNED_FOR.search(request.headers.get("authorization", ""))
    service = signed[1] if signed else "s3"
    if request.headers.get("x-amz-target", "").startswith(TARGET):
        return await double.sqs.handle(request)
    if service in double.by_signature:
        return await double.by_signature[service](request)
    if service != "s3":
        return await rest_json.unknown(request)
    return await double.s3.handle(request)


def _wired(domains: Sequence[str]) -> Double:
    plan, allowance, journal = FaultPlan(), Allowance(), Journal()
    sets, suppression, sqs, s3 = ConfigurationSets(), Suppression(), Sqs(), S3(NAME)
    sns, rules = Sns(sqs.find), RuleSets()
    for topic in (FEEDBACK_TOPIC, TOPIC):
        name = topic.rpartition(":")[2]
        sqs.with_dead_letters(name, policies.topic_sends(name, topic))
        sns.wire(topic, name)
    feedback = Feedback(sns.deliver, sets, suppression, plan)
    receiving = Receiving(s3.put, partial(sns.deliver, TOPIC))
    loopback = Loopback(receiving.take, suppression, domains)
    parts: list[Routed] = [
        SendEmail(plan, allowance, sets, journal, [feedback.publish, loopback.deliver]),
        receiving,
        loopback,
        Control(journal, plan, allowance),
        allowance,
        Identities(domains),
        sets,
        suppression,
    ]
    return Double(_ses(parts), sqs, s3, {"sns": sns.handle, "sts": sts.handle, "ses": rules.handle})


def _ses(parts: Sequence[Routed]) -> ASGIApp:
    handlers: dict[Any, Any] = {
        AwsError: rest_json.refused,
        404: rest_json.unknown,
        405: rest_json.unknown,
    }
    routes = [route for part in parts for route in part.routes()]
    return Starlette(routes=routes, exception_handlers=handlers)
