"""The bytes of a received mail as a value. Pure; runs in a child process (`child`)."""

from dataclasses import replace
from typing import Final

from services.inbound.parsing.bodies import Bodies, files_of
from services.inbound.parsing.caps import BreachError
from services.inbound.parsing.extract import extracted_text
from services.inbound.parsing.mail import Mail
from services.inbound.parsing.overview import glance, overview
from services.inbound.parsing.structure import read_structure

UNREADABLE: Final = "The mail could not be read."


def parse(raw: bytes) -> Mail:
    """Any bytes: what cannot be read has an `error`. Only MemoryError is raised, as the process
    that has met its limit is not to be used any more.
    """
    try:
        return _parsed(raw)
    except BreachError as breach:
        return glance(raw, str(breach))
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - a fault of ours must not lose a mail
        return glance(raw, UNREADABLE)


def _parsed(raw: bytes) -> Mail:
    root = read_structure(raw)
    mail = overview(root.head)
    bodies = Bodies()
    bodies.add(raw, root, alone=True)
    return replace(
        mail,
        text=bodies.text,
        html=bodies.html,
        extracted_text=extracted_text(bodies.text, bodies.html),
        files=files_of(raw, bodies),
    )
