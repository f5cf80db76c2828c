"""What accept is measured against: FastAPI, the same body, and nothing behind it.

python -m tests.bench.bare PORT
"""

import sys

import uvicorn
from fastapi import FastAPI
from pydantic import ConfigDict

from services.api.schemas.messages import NewMessage

app = FastAPI()


class Body(NewMessage):
    """The same fields, as FastAPI's own body parameter reads them (it gives pydantic objects, of
    which a strict schema takes no list for a tuple).
    """

    model_config = ConfigDict(strict=False)


@app.post("/send", status_code=202)
async def send(body: Body) -> dict[str, str]:
    return {"subject": body.subject, "text": body.text or ""}


if __name__ == "__main__":
    uvicorn.run(
        app,
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        log_config=None,
        access_log=False,
    )
