"""What schemathesis can not read in the description: ids that are there (of `strata start --demo`), times that a ledger takes, and NDJSON."""

import json
from datetime import datetime

import schemathesis
from hypothesis import strategies as st

IDS = {
    "trade": ["trade:alice:T-1", "trade:alice:T-2", "trade:bob:T-1", "trade:bob:T-2"],
    "account": ["account:alice:USD", "account:bob:USD", "account:carol:USD"],
    "ticket": ["ticket:alice:42", "ticket:bob:7"],
}
KINDS = {"trades": "trade", "accounts": "account", "tickets": "ticket"}

times = st.datetimes(
    min_value=datetime(2026, 1, 1),
    max_value=datetime(2026, 3, 1),
).map(lambda at: at.isoformat(timespec="microseconds") + "Z")
schemathesis.openapi.format("date-time", times)


def pick(values, text):
    """The same for the same text, so that a seed repeats a run."""
    return values[sum(text.encode("utf-8", "surrogatepass")) % len(values)]


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    """Three ids in four become one that may be there; the others stay as they were made."""
    given = (path_parameters or {}).get("id")
    if not isinstance(given, str) or len(given) % 4 == 0:
        return path_parameters
    room = context.operation.path.split("/")[2]
    kind = KINDS.get(room) or pick(list(IDS), given)
    return {**path_parameters, "id": pick(IDS[kind], given)}


@schemathesis.hook
def map_headers(context, headers):
    """A version that was guessed is nearly always another one, and then nothing else is found out; a position that was guessed is waited for until a 504, which is right, and looks like a fault."""
    after = (headers or {}).get("X-Strata-After")
    if isinstance(after, str) and ":" in after:
        headers = {**headers, "X-Strata-After": after.partition(":")[0] + ":0"}
    tag = (headers or {}).get("If-Match")
    if not isinstance(tag, str) or len(tag) % 4 == 0:
        return headers
    return {name: value for name, value in headers.items() if name != "If-Match"}


@schemathesis.hook
def map_query(context, query):
    """So is a cursor that was guessed."""
    guessed = [name for name in ("after", "cursor") if isinstance((query or {}).get(name), str) and len(query[name]) % 4 != 0]
    return {name: value for name, value in (query or {}).items() if name not in guessed} or query


LINES = [
    {"command": "Deposit", "entityId": "account:alice:USD", "data": {"amount": "1"}},
    {"command": "OpenAccount", "entityId": "account:dave", "data": {"currency": "USD"}},
    {"command": "CloseTicket", "entityId": "ticket:bob:7", "data": {}},
    {"command": "CancelTrade", "entityId": "trade:alice:none", "data": {}},
    {"command": "Withdraw", "entityId": "account:carol:USD", "data": {"amount": "99999999"}},
    {"command": "Withdraw", "entityId": "account:carol:USD", "data": {"amount": 1}},
]


@schemathesis.hook
def map_body(context, body):
    """Lines of commands, and after them what was made."""
    if context.operation.path != "/v1/commands" or not isinstance(body, str):
        return body
    lines = [json.dumps(pick(LINES, body + str(n))) for n in range(len(body) % 4)]
    return "\n".join([*lines, body])


@schemathesis.serializer("application/x-ndjson")
def ndjson(context, value):
    text = value if isinstance(value, str) else json.dumps(value)
    return text.encode("utf-8", "surrogatepass")
