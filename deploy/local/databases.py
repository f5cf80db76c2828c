"""Databases that live for one test or one check, on whatever server there is."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

PREFIX = "postroom_test_"


def url_of(server: str, name: str) -> str:
    return urlunsplit(urlsplit(server)._replace(path=f"/{name}"))


def name_of(url: str) -> str:
    return urlsplit(url).path.removeprefix("/")


def create(server: str, template: str = "template1") -> str:
    """A new database's URL. Being its own transaction, `CREATE DATABASE` wants autocommit."""
    name = PREFIX + secrets.token_hex(8)
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
    with _connection(server) as connection:
        connection.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))
    return url_of(server, name)


def drop(server: str, url: str) -> None:
    """With whoever is still connected to it."""
    statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
    with _connection(server) as connection:
        connection.execute(statement.format(sql.Identifier(name_of(url))))


@contextmanager
def temporary(server: str, template: str = "template1") -> Iterator[str]:
    url = create(server, template)
    try:
        yield url
    finally:
        drop(server, url)


@contextmanager
def _connection(server: str) -> Iterator[psycopg.Connection]:
    plain = urlsplit(server)._replace(scheme="postgresql")  # `+psycopg` is SQLAlchemy's word
    with psycopg.connect(urlunsplit(plain), autocommit=True, connect_timeout=10) as connection:
        yield connection
