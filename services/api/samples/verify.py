import logging
import os

from fastapi import FastAPI, Request, Response
from standardwebhooks import Webhook, WebhookVerificationError

app = FastAPI()
webhook = Webhook(os.environ["WEBHOOK_SECRET"])  # whsec_...
seen: set[str] = set()  # in earnest a table, written in the transaction of your work


@app.post("/mail")
async def receive(request: Request) -> Response:
    body = await request.body()  # the bytes that came: JSON that is written anew differs
    try:
        event = webhook.verify(body, dict(request.headers))
    except (WebhookVerificationError, ValueError):  # ValueError: a malformed header
        return Response(status_code=400)
    webhook_id = request.headers["webhook-id"]  # the same on every retry and replay
    if webhook_id not in seen:
        logging.getLogger("mail").info("%s %s", event["event"], event["id"])  # your work
        seen.add(webhook_id)
    return Response(status_code=204)
