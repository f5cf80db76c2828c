from pathlib import Path

from deploy.local import product
from deploy.local.product import Wiring

WIRING = Wiring(8000, 4000, {"sender": 1}, "postgresql://here", "redis://here")


def test_a_persons_own_aws_account_is_out_of_reach() -> None:
    own = {"AWS_PROFILE": "company", "AWS_SESSION_TOKEN": "secret", "AWS_ENDPOINT_URL": "http://x"}

    env = product.environment(own, WIRING)

    assert not own.keys() & env.keys()
    assert env["AWS_ACCESS_KEY_ID"] == "local"
    assert env["AWS_SHARED_CREDENTIALS_FILE"] == "/dev/null"


def test_loopback_is_never_asked_through_a_proxy() -> None:
    env = product.environment({"HTTP_PROXY": "http://proxy", "NO_PROXY": "example.org"}, WIRING)

    assert env["NO_PROXY"] == "example.org,127.0.0.1,localhost"


def test_the_queues_are_those_of_the_double() -> None:
    env = product.environment({}, WIRING)

    assert (
        env["POSTROOM_FEEDBACK_QUEUE_URL"] == "http://127.0.0.1:4000/123456789012/postroom-feedback"
    )


def test_no_two_processes_get_the_same_port() -> None:
    wiring = product.wire(8000)

    ports = [wiring.aws_port, *wiring.metrics_ports.values()]
    assert len(ports) == len(set(ports)) == 5


def test_the_double_sends_to_itself_only_where_that_is_asked_for() -> None:
    plain = product.aws_double({}, WIRING, Path("logs"))
    looped = product.aws_double({}, WIRING, Path("logs"), loopback=product.DEFAULT_DOMAIN)

    assert plain.argv[-2:] == ("--port", "4000")
    assert looped.argv[-2:] == ("--loopback", "postroom.test")
