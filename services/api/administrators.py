"""Who runs the installation: keys of the environment, which are no organization's.

They are compared by their SHA-256 in constant time, all of them, so that the time of an answer
tells nothing. The database is not asked: an administrator may look while it is away. Where no keys
are set nobody is an administrator, and the answer is the same 401 as for a wrong key: whether there
are any is nobody's business.
"""

import hashlib
from hmac import compare_digest

from starlette.requests import Request

from services.api.dependencies import RuntimeDep, bearer
from services.api.problems import Problem


def is_administrators(key: str, keys: str | None) -> bool:
    """`keys` as POSTROOM_ADMIN_KEYS has them."""
    asked = hashlib.sha256(key.encode()).digest()
    known = [hashlib.sha256(one.encode()).digest() for one in (keys or "").split(",") if one]
    return any([compare_digest(asked, one) for one in known])  # noqa: C419 - each, always


async def administrator_of(request: Request, runtime: RuntimeDep) -> None:
    """401 for everybody else, organizations too."""
    if not is_administrators(bearer(request), runtime.settings.admin_keys):
        raise Problem(
            401,
            "unauthorized",
            "An administrator's key is needed: Authorization: Bearer <key>.",
            headers={"www-authenticate": "Bearer"},
        )
