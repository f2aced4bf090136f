"""What schemathesis cannot know of itself: the rows of the stack's demo, the times that PostgreSQL can store, and which
422 no schema can foresee."""

import datetime
import os
import urllib.parse

import pg8000.native
import schemathesis
from hypothesis import strategies as st
from schemathesis import GenerationMode

ROWS = [os.environ[name] for name in ("CHANNEL_ID", "ROOM_ID", "GAME_ID", "USER_MEMBER", "USER_MEMBER_2")]

# Reasons that are in no field by itself. All else that the document describes has to be accepted.
BETWEEN_FIELDS = {"invalid_slot_template", "game_mismatch", "empty_roster", "invalid_roster"}
BETWEEN_FIELDS_SAID = (
    "before: cannot be combined with since.",
    "Idempotency-Key: differs from client_message_id.",
)


def raise_the_rate_limit():
    """A run sends more messages than a person may."""
    database = urllib.parse.urlsplit(os.environ["DATABASE_URL"])
    connection = pg8000.native.Connection(
        database.username,
        password=database.password,
        host=database.hostname,
        port=database.port,
        database=database.path.lstrip("/"),
    )
    connection.run("update lockstep.settings set value = '100000000' where name in ('messages_per_minute', 'stagings_per_minute')")
    connection.close()


def written(moment, offset):
    sign, minutes = ("-" if offset < 0 else "+"), abs(offset)
    return f"{moment.isoformat()}{sign}{minutes // 60:02}:{minutes % 60:02}"


# Two days from the ends, so that no offset leads past them; PostgreSQL takes offsets below 16 hours.
MOMENTS = st.builds(
    written,
    st.datetimes(datetime.datetime(1, 1, 3), datetime.datetime(9999, 12, 29)),
    st.integers(-15 * 60 - 59, 15 * 60 + 59),
)
IDS = st.one_of(st.sampled_from(ROWS), st.uuids().map(str))

schemathesis.openapi.format("uuid", IDS)
schemathesis.openapi.format("date-time", MOMENTS)
schemathesis.openapi.format("message-cursor", st.builds("{},{}".format, MOMENTS, IDS))


@schemathesis.hook
def filter_query(context, query):
    """Of two that exclude each other, a query has one at most; with both, most queries would be refused for that."""
    return not (query and "since" in query and "before" in query)


@schemathesis.check
def what_the_document_describes_is_accepted(ctx, response, case):
    """In place of positive_data_acceptance's own 422, which would take each of these for a fault."""
    positive = case.meta is not None and case.meta.generation.mode == GenerationMode.POSITIVE
    if not positive or response.status_code != 422:
        return
    problem = response.json()
    if problem["code"] not in BETWEEN_FIELDS and problem["message"] not in BETWEEN_FIELDS_SAID:
        raise AssertionError(f"what the document describes was refused: {problem['message']}")


raise_the_rate_limit()
