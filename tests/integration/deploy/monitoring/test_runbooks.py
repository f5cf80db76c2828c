"""What runbooks ask the database to say, it can."""

import re

import pytest
import sqlalchemy as sa

from deploy.monitoring.runbooks import FOLDER

BLOCK = re.compile(r"^ *```sql\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
SOME_ID = "'00000000-0000-0000-0000-000000000000'"
PAGES = {page.stem: BLOCK.findall(page.read_text(encoding="utf-8")) for page in FOLDER.glob("*.md")}
QUERIES = [
    pytest.param(query, id=f"{name}-{number}")
    for name, blocks in sorted(PAGES.items())
    for number, query in enumerate("".join(blocks).split(";"))
    if query.strip()
]


@pytest.mark.parametrize("query", QUERIES)
def test_every_query_is_one_of_this_schema(engine: sa.Engine, query: str) -> None:
    asked = query.replace("'...'", SOME_ID)

    with engine.connect() as connection:
        connection.exec_driver_sql(f"EXPLAIN {asked}")


def test_there_are_some() -> None:
    assert len(QUERIES) > 8
