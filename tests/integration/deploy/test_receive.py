"""`make receive`, and `python -m deploy.local receive` behind it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import boto3
import pytest
from mypy_boto3_s3 import S3Client

from deploy.local.state import ROOT, State, running, write_env

MAIL = b"From: Ada <ada@example.com>\r\nTo: b@example.com\r\n\r\nHi"
PYTHON = (sys.executable, "-m", "deploy.local", "receive")
MAKE = ("make", "--silent", "--old-file=ready", "receive")
"""Told that the checkout is ready: the tests run in it."""


@pytest.fixture
def mail(tmp_path: Path) -> Path:
    """A file whose name a shell and make would both like to read."""
    file = tmp_path / "a 'mail' $HOME $(shell date).eml"
    file.write_bytes(MAIL)
    return file


@pytest.fixture
def state(tmp_path: Path, aws_url: str) -> Iterator[State]:
    """A system that runs, as far as its state folder tells."""
    state = State(tmp_path / "state")
    with running(state):
        write_env(state, {"POSTROOM_AWS_URL": aws_url})
        yield state


def call(argv: tuple[str, ...], state: State, **env: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "POSTROOM_STATE_DIR": str(state.folder), **env}
    return subprocess.run(  # noqa: S603
        argv, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


def make(state: State, mail: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return call((*MAKE, f"FILE={mail}", *words), state)


def stored(aws_url: str, answer: subprocess.CompletedProcess[str]) -> bytes:
    """The mail in the bucket, by the id that was printed."""
    assert answer.returncode == 0, answer.stderr
    key = json.loads(answer.stdout)["messageId"]
    s3: S3Client = boto3.client(
        "s3",
        endpoint_url=aws_url,
        region_name="us-east-1",
        aws_access_key_id="any",
        aws_secret_access_key="any",
    )
    with closing(s3), s3.get_object(Bucket="postroom-inbound", Key=key)["Body"] as stream:
        return stream.read()


def test_the_mail_comes_in_to_the_system_that_runs(aws_url: str, state: State, mail: Path) -> None:
    answer = make(state, mail, "TO=x+tag@postroom.test, y@postroom.test")

    assert b"\r\n for x+tag@postroom.test;\r\n" in stored(aws_url, answer)
    assert stored(aws_url, answer).endswith(MAIL)
    assert "Received for x+tag@postroom.test, y@postroom.test." in answer.stderr


@pytest.mark.parametrize(
    ("words", "path"),
    [
        ([], b"<ada@example.com>"),
        (["FROM=bounce@example.org"], b"<bounce@example.org>"),
        (["FROM="], b"<>"),
    ],
)
def test_the_return_path_is_the_author_or_from_or_null(
    aws_url: str, state: State, mail: Path, words: list[str], path: bytes
) -> None:
    answer = make(state, mail, "TO=x@postroom.test", *words)

    assert stored(aws_url, answer).startswith(b"Return-Path: " + path + b"\r\n")


def test_what_the_double_refuses_is_said(state: State, mail: Path) -> None:
    answer = make(state, mail, "TO=nobody")

    assert answer.returncode != 0
    assert answer.stdout == ""
    assert "The mail was not taken: to.0: 'nobody' is no address." in answer.stderr


@pytest.mark.parametrize("missing", ["RECEIVE_FILE", "RECEIVE_TO"])
def test_without_a_file_or_a_recipient_the_usage_is_said(
    state: State, mail: Path, missing: str
) -> None:
    asked = {"RECEIVE_FILE": str(mail), "RECEIVE_TO": "x@postroom.test"} | {missing: ""}

    answer = call(PYTHON, state, **asked)

    assert answer.returncode == 1
    assert answer.stdout == ""
    assert answer.stderr.startswith("usage: make -s receive FILE=")


@pytest.mark.parametrize("name", ["missing.eml", "."])
def test_a_file_that_cannot_be_read_is_named(state: State, tmp_path: Path, name: str) -> None:
    file = str(tmp_path / name)

    answer = call(PYTHON, state, RECEIVE_FILE=file, RECEIVE_TO="x@postroom.test")

    assert answer.returncode == 1
    assert answer.stderr.startswith(f"{file} cannot be read: ")


def test_without_a_system_it_says_what_to_do(tmp_path: Path, mail: Path) -> None:
    answer = make(State(tmp_path / "nobody"), mail, "TO=x@postroom.test")

    assert answer.returncode != 0
    assert "No local system is up here: start one with `make run`." in answer.stderr


def test_a_system_that_has_just_died_is_told_as_one(tmp_path: Path, mail: Path) -> None:
    state = State(tmp_path / "dying")
    with running(state):
        write_env(state, {"POSTROOM_AWS_URL": "http://127.0.0.1:1"})

        answer = make(state, mail, "TO=x@postroom.test")

    assert answer.returncode != 0
    assert "The AWS double at http://127.0.0.1:1 does not answer" in answer.stderr
