"""The rules of secrets, each broken on purpose; test_rules holds the real manifests to them."""

import pytest

from deploy.manifests import secret_rules
from deploy.manifests.__main__ import Rule
from tests.unit.deploy.manifests.spoiling import Spoil, box, reference, spoiled, variable

BROKEN: dict[str, tuple[Rule, Spoil]] = {
    "static key": (
        secret_rules.keyless,
        lambda found: box(found, "sender")["env"].append({"name": "AWS_SECRET_ACCESS_KEY"}),
    ),
    "secret in clear": (
        secret_rules.unseen,
        lambda found: box(found, "api")["env"].append({"name": "REDIS_URL", "value": "redis://x"}),
    ),
    "secret in the map": (
        secret_rules.unseen,
        lambda found: found["ConfigMap/postroom"]["data"].update(POSTROOM_ADMIN_KEYS="x"),
    ),
    "no key for administrators": (
        secret_rules.held,
        lambda found: box(found, "api")["env"].remove(
            variable(found, "api", "POSTROOM_ADMIN_KEYS")
        ),
    ),
    "not started without administrators": (
        secret_rules.held,
        lambda found: reference(found, "api", "POSTROOM_ADMIN_KEYS").pop("optional"),
    ),
    "started without what seals": (
        secret_rules.held,
        lambda found: reference(found, "webhooks", "POSTROOM_SECRET_KEYS").update(optional=True),
    ),
    "misspelled key of the secret": (
        secret_rules.held,
        lambda found: reference(found, "sender", "REDIS_URL").update(key="REDIS"),
    ),
    "secret of others": (
        secret_rules.held,
        lambda found: box(found, "sender")["env"].append(
            variable(found, "api", "POSTROOM_ADMIN_KEYS")
        ),
    ),
}


@pytest.mark.parametrize(("rule", "spoil"), BROKEN.values(), ids=BROKEN)
def test_a_rule_finds_what_breaks_it(rule: Rule, spoil: Spoil) -> None:
    assert len(list(rule(spoiled(spoil)))) == 1
