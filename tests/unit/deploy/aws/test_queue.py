from itertools import count

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from deploy.local.aws.sqs.queue import Message, Queue, Redrive


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def queue(max_receives: int = 5) -> tuple[Queue, Queue, Clock]:
    clock = Clock()
    made, dead = Queue("q", clock), Queue("q-dead", clock)
    made.redrive = Redrive(dead, max_receives)
    return made, dead, clock


def bodies(made: Queue, limit: int = 10) -> list[str]:
    return [message.body for message in made.take(limit, 30)]


def test_messages_come_in_the_order_they_were_put() -> None:
    made, _, _ = queue()
    for body in "abc":
        made.put(body)

    assert bodies(made, limit=2) == ["a", "b"]
    assert bodies(made) == ["c"]


def test_a_received_message_is_hidden_until_its_time_is_over() -> None:
    made, _, clock = queue()
    made.put("a")
    made.take(1, visibility=30)

    clock.now = 29
    assert bodies(made) == []
    assert made.next_change() == 30
    clock.now = 30
    assert bodies(made) == ["a"]


def test_a_deleted_message_does_not_come_back() -> None:
    made, _, clock = queue()
    made.put("a")
    [message] = made.take(1, 30)

    made.delete(message.handle)

    clock.now = 31
    assert bodies(made) == []
    assert made.counts() == (0, 0, 0)


def test_the_handle_of_an_earlier_receive_deletes_nothing() -> None:
    made, _, clock = queue()
    made.put("a")
    [message] = made.take(1, 30)
    stale = message.handle
    clock.now = 30
    made.take(1, 30)

    made.delete(stale)

    clock.now = 60
    assert bodies(made) == ["a"]


def test_a_late_delete_counts_while_nobody_received_the_message_again() -> None:
    made, _, clock = queue()
    made.put("a")
    [message] = made.take(1, 30)
    clock.now = 31
    assert made.counts() == (1, 0, 0)

    made.delete(message.handle)

    assert bodies(made) == []


def test_hiding_for_zero_seconds_gives_a_message_back_at_once() -> None:
    made, _, _ = queue()
    made.put("a")
    [message] = made.take(1, 30)

    made.hide(message, 0)

    assert bodies(made) == ["a"]


def test_hiding_again_moves_the_time() -> None:
    made, _, clock = queue()
    made.put("a")
    [message] = made.take(1, 30)

    made.hide(message, 60)

    clock.now = 59
    assert bodies(made) == []
    clock.now = 60
    assert bodies(made) == ["a"]


def test_a_delayed_message_waits() -> None:
    made, _, clock = queue()
    made.put("a", delay=5)

    assert made.counts() == (0, 0, 1)
    clock.now = 5
    assert bodies(made) == ["a"]
    assert made.counts() == (0, 1, 0)


def test_a_message_received_too_often_goes_to_the_dead_letters() -> None:
    made, dead, clock = queue(max_receives=2)
    made.put("a")
    for _ in range(2):
        assert bodies(made) == ["a"]
        clock.now += 30

    assert bodies(made) == []
    assert made.counts() == (0, 0, 0)
    assert bodies(dead) == ["a"]


def test_a_message_wakes_who_waits() -> None:
    made, _, _ = queue()

    made.put("a")

    assert made.arrival.is_set()


class NoMessageIsLostOrDoubled(RuleBasedStateMachine):
    """Whatever producers and consumers do, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.queue, self.dead, self.clock = queue(max_receives=3)
        self.bodies = (str(number) for number in count())
        self.expected: list[str] = []
        self.held: list[Message] = []

    @rule()
    def put(self) -> None:
        self.expected.append(next(self.bodies))
        self.queue.put(self.expected[-1])

    @rule(limit=st.integers(1, 3))
    def take(self, limit: int) -> None:
        self.held = self.queue.take(limit, 30)

    @rule()
    def delete(self) -> None:
        for message in self.held:
            self.queue.delete(message.handle)
            self.expected.remove(message.body)
        self.held = []

    @rule(seconds=st.sampled_from([0, 45]))
    def hide(self, seconds: int) -> None:
        for message in self.held:
            self.queue.hide(message, seconds)
        self.held = []

    @rule(seconds=st.sampled_from([10, 100]))
    def wait(self, seconds: int) -> None:
        self.clock.now += seconds
        self.held = []

    def teardown(self) -> None:
        self.clock.now += 100
        left = self.queue.take(1_000, 30) + self.dead.take(1_000, 30)
        assert sorted(message.body for message in left) == sorted(self.expected)


TestNoMessageIsLostOrDoubled = NoMessageIsLostOrDoubled.TestCase
