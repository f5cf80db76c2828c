from io import StringIO

from deploy.local.places import Place
from deploy.local.progress import Progress
from deploy.local.servers import Servers
from deploy.local.supervisor import Supervisor

GIVEN = {"DATABASE_URL": "postgresql://db.example/mine", "REDIS_URL": "redis://cache.example/3"}


def nowhere() -> Place:
    raise AssertionError("no server of ours is to be started")


def test_servers_of_the_environment_are_used_as_they_are() -> None:
    supervisor = Supervisor(Progress(StringIO()))
    servers = Servers(nowhere, supervisor, GIVEN)

    assert servers.postgres().url == GIVEN["DATABASE_URL"]
    assert servers.redis().url == GIVEN["REDIS_URL"]
    assert supervisor.children == []
