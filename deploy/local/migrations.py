"""The migrations judged: by their SQL, and by `alembic check` on a database of its own."""

import os
from collections.abc import Iterator
from io import StringIO

from alembic.config import Config
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import Script, ScriptDirectory

from deploy.local import databases, hostile, places, product
from deploy.local.errors import LocalError, StepFailedError
from deploy.local.interruption import Interruption, Stop
from deploy.local.places import Place
from deploy.local.progress import Progress
from deploy.local.servers import Servers
from deploy.local.state import ROOT, State
from deploy.local.supervisor import Supervisor


class _Statements(StringIO):
    """What Alembic writes where it has no database: one statement at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.all: list[str] = []

    def write(self, text: str) -> int:
        self.all.append(text.strip())
        return len(text)


def revisions() -> list[Script]:
    """Each migration, the oldest first."""
    scripts = ScriptDirectory.from_config(Config(str(ROOT / "alembic.ini")))
    return list(reversed(list(scripts.walk_revisions())))


def statements(revision: Script) -> list[str]:
    """What `upgrade` of it runs. Not of the first one, which asks the database what it has."""
    written = _Statements()
    context = MigrationContext.configure(
        dialect_name="postgresql", opts={"as_sql": True, "output_buffer": written}
    )
    with Operations.context(context):
        revision.module.upgrade()
    return written.all


def hostile_ones() -> Iterator[str]:
    """Sentences about what no migration may do; `deploy.local.hostile` says why."""
    for revision in revisions():
        if revision.down_revision is not None:
            yield from hostile.findings(revision.revision, statements(revision))


def check(state: State) -> int:
    """0 if nobody has to stop for the migrations, and they give what `common/models` say."""
    interruption = Interruption()
    interruption.listen()
    try:
        if found := list(hostile_ones()):
            raise StepFailedError("\n".join(found))
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
