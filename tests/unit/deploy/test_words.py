import json
import shlex
from io import StringIO

from deploy.local.journey import Arrived
from deploy.local.product import Wiring
from deploy.local.progress import Progress
from deploy.local.supervisor import Supervisor
from deploy.local.system import System
from deploy.local.tenant import Tenant
from deploy.local.words import curls

SYSTEM = System(Wiring(8000, 4000, {}), Tenant("org_1", "key"), Supervisor(Progress(StringIO())))


def test_a_shell_takes_the_three_calls_as_they_are_printed() -> None:
    send, search, get = [shlex.split(line) for line in curls(SYSTEM, Arrived("inbox_1", "msg_1"))]

    messages = "http://127.0.0.1:8000/v1/inboxes/inbox_1/messages"
    assert f"{messages}/send" in send
    assert json.loads(send[-1])["to"] == ["success@simulator.amazonses.com"]
    assert f"{messages}?query=journey" in search
    assert f"{messages}/msg_1" in get
    assert all("Authorization: Bearer key" in call for call in (send, search, get))
