"""`alembic check` on a database that lives for the check alone."""

import os
from io import StringIO

from deploy.local import databases, places, product
from deploy.local.errors import LocalError
from deploy.local.interruption import Interruption, Stop
from deploy.local.places import Place
from deploy.local.progress import Progress
from deploy.local.servers import Servers
from deploy.local.state import State
from deploy.local.supervisor import Supervisor


def check(state: State) -> int:
    """0 if the migrations give exactly what `common/models` say."""
    interruption = Interruption()
    interruption.listen()
    try:
        with places.temporary(state.folder) as place:
            _check(place, interruption)
    except Stop:
        return 1
    except LocalError as failure:
        Progress().show(str(failure))
        return 1
    Progress().show("alembic check: the migrations give what the models say")
    return 0


def _check(place: Place, interruption: Interruption) -> None:
    with Supervisor(Progress(StringIO()), interruption) as supervisor:
        server = Servers(lambda: place, supervisor).postgres()
        with databases.temporary(server.url) as url:
            env = {**os.environ, "DATABASE_URL": url}
            supervisor.run(product.alembic(("upgrade", "head"), env, place.logs))
            supervisor.run(product.alembic(("check",), env, place.logs))
