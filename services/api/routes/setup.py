"""What the installation lacks, for those who run it."""

from fastapi import APIRouter, Depends
from starlette.responses import Response

from common import clock
from common.findings import Finding, worst
from common.resources import Resource, present
from services.api.administrators import administrator_of
from services.api.dependencies import RuntimeDep
from services.api.responses import answer
from services.api.schemas.setup import SetupStatus

router = APIRouter(tags=["setup"])


@router.get(
    "/v1/setup/status", response_model=SetupStatus, dependencies=[Depends(administrator_of)]
)
async def get_setup_status(runtime: RuntimeDep) -> Response:
    """What the API can see of the installation, by the codes of `python -m deploy.doctor`: 200 also
    where something is wrong. It needs a key of `POSTROOM_ADMIN_KEYS`. AWS is asked once a minute at
    most, and what the API may not ask is `skipped`.
    """
    found = await runtime.setup.look()
    told = {"status": worst(found), "checkedAt": clock.wire(clock.now())}
    return answer(told | {"checks": [_shown(one) for one in found]})


def _shown(one: Finding) -> Resource:
    return present(
        code=one.code,
        gravity=one.gravity,
        says=one.says,
        mend=one.mend or None,
        because=one.because or None,
    )
