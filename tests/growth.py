"""By how much the numbers of this process have grown."""

from prometheus_client import REGISTRY

Key = tuple[str, frozenset[tuple[str, str]]]


def _now() -> dict[Key, float]:
    return {
        (one.name, frozenset(one.labels.items())): one.value
        for family in REGISTRY.collect()
        for one in family.samples
    }


class Growth:
    """Since it was made."""

    def __init__(self) -> None:
        self._before = _now()

    def of(self, name: str, **labels: str) -> float:
        key = name, frozenset(labels.items())
        return _now().get(key, 0) - self._before.get(key, 0)

    def all(self, name: str) -> dict[tuple[str, ...], float]:
        """What has grown of one name, by the values of its labels in the order of their names."""
        return {
            tuple(value for _, value in sorted(labels)): value - self._before.get((one, labels), 0)
            for (one, labels), value in _now().items()
            if one == name and value != self._before.get((one, labels), 0)
        }
