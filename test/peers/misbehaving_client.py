"""A raw peer that breaks the rules in every way we know; prints what came of it, one JSON object of scenario: results.

    misbehaving_client.py URL TO OTHER-TO

A result is a list of replies, or a string: the reason of a rejection, and what came beside it when something did. Every
scenario has a connection of its own and ends with an ordinary batch, to see that the host goes on, and with the number
of answers that came and that nobody expected.
"""

import json
import sys
from datetime import datetime, timedelta, timezone
from uuid import uuid4

import gssapi

from original_client import OriginalClient, Rejected, Wire, service_of

PING = [{"do_": "arpa2hello ping6"}]
FLAG = gssapi.RequirementFlag


def unread(wire):
    """The host sends an answer before it settles the message, so whatever comes with an outcome is here."""
    return len(wire.receiver.fetcher.incoming)


def beside(client):
    """What came with a rejection."""
    found = ""
    while unread(client.wire):
        body = client.wire.receive().body
        if body[0] == 0xA2:
            found += " with an error frame"
            continue
        try:
            client.context.step(body)
            found += " with an answer"
        except gssapi.exceptions.GSSError:
            found += " with an error token"
    return found


def attempt(client, body, **properties):
    """Sends a body in the name of a client, or with other properties; gives the replies or the reason of a rejection."""
    try:
        client.wire.send(client.to, body, **{"correlation_id": client.id, **properties})
        return client.open(client.receive())
    except Rejected as rejected:
        return rejected.description + beside(client)


def opened(wire, to, context_id=None):
    client = OriginalClient(wire, to, context_id)
    client.handshake()
    return client


def unopened(wire, to, name, flags=None):
    client = OriginalClient(wire, to)
    client.context = gssapi.SecurityContext(name=service_of(name), usage="initiate", flags=flags)
    return client


def two_contexts(wire, to, _other):
    first, second = opened(wire, to), opened(wire, to, "a string")
    return [client.run(PING) for client in (first, second, second, first)]


def context_named_by_message_id(wire, to, _other):
    client = OriginalClient(wire, to)
    client.send = lambda body: wire.send(client.to, body, id=client.id)
    client.handshake()
    return [client.run(PING), client.run(PING)]


def wrong_order(wire, to, _other):
    client = opened(wire, to)
    early, late = client.seal(PING), client.seal(PING)
    return [attempt(client, late), attempt(client, early), client.run(PING)]


def repeated_message(wire, to, _other):
    client = opened(wire, to)
    body = client.seal(PING)
    return [attempt(client, body), attempt(client, body), client.run(PING)]


def garbage(wire, to, _other):
    client = opened(wire, to)
    whole = client.seal(PING)
    bodies = [b"\x60", b"\x60" + bytes(64), b"\x05\x04", b"\x05\x04" + bytes(64), whole[:-1] + bytes([whole[-1] ^ 1])]
    bodies += [whole[:40], b"", json.dumps(PING).encode()]
    return [*(attempt(client, body) for body in bodies), attempt(client, whole), client.run(PING)]


def in_clear(wire, to, _other):
    client = opened(wire, to)
    return [attempt(client, client.context.wrap(json.dumps(PING).encode(), False).message), client.run(PING)]


def garbage_inside(wire, to, _other):
    client = opened(wire, to)
    texts = [b"", b"\xff", b"[", b"[]", b"5", b'[{"do_": 5}]', b'[{"do_": "a", "do_": "b"}]']
    return [*(attempt(client, client.context.encrypt(text)) for text in texts), client.run(PING)]


def batch_object(wire, to, other):
    """An object instead of an array says for whom it is and where the answer goes, and is believed."""
    client = opened(wire, to)
    now = datetime.now(timezone.utc)
    times = {"issued": now.isoformat(), "expires": (now + timedelta(minutes=1)).isoformat()}
    aims = [(to, wire.reply_to), (other, wire.reply_to), (to, "elsewhere")]
    batches = [{"id": str(uuid4()), "to": aim, "replyTo": reply_to, **times, "commands": PING} for aim, reply_to in aims]
    return [*(attempt(client, client.seal(batch)) for batch in batches), client.run(PING)]


def replayed_token(wire, to, _other):
    """The same message once more gets the same answer, but its token opens no second context."""
    client = opened(wire, to)
    [token] = client.tokens
    wire.send(to, token, correlation_id=client.id)
    is_answered = wire.receive().body[0] == 0x60
    thief = OriginalClient(wire, to)
    thief.context.step()
    body = client.seal(PING)
    return [is_answered, attempt(thief, token), attempt(thief, body), attempt(client, body)]


def other_reply_address(wire, to, _other):
    """Who knows the id of a context, but listens elsewhere, does not come upon it."""
    client = opened(wire, to)
    body = client.seal(PING)
    listener = wire.connection.create_receiver(None, dynamic=True, name="listener")
    elsewhere = listener.link.remote_source.address
    results = [attempt(client, body, reply_to=elsewhere), attempt(client, body, reply_to=None)]
    return [*results, attempt(client, body), len(listener.fetcher.incoming) if listener.fetcher else 0]


def other_connection(wire, to, _other):
    """Nobody else gets at a context, and its peer gets no answer to what others send."""
    client = opened(wire, to)
    body = client.seal(PING)
    thief = Wire(sys.argv[1])
    stranger = OriginalClient(thief, to, client.id)
    results = [attempt(stranger, body), attempt(stranger, b"garbage", reply_to=wire.reply_to)]
    thief.close()
    return [*results, attempt(client, body)]


def no_context(wire, to, _other):
    client, stranger = opened(wire, to), OriginalClient(wire, to)
    return [attempt(stranger, client.seal(PING)), opened(wire, to).run(PING)]


def other_body(wire, to, _other):
    """Only data sections are bodies of this protocol."""
    client = opened(wire, to)
    body = client.seal(PING)
    return [attempt(client, body, inferred=False), attempt(client, "text", inferred=False), attempt(client, body)]


def weak_contexts(wire, to, _other):
    one_sided = unopened(wire, to, to, [FLAG.confidentiality, FLAG.integrity, FLAG.replay_detection])
    forgetful = unopened(wire, to, to, [FLAG.confidentiality, FLAG.integrity, FLAG.mutual_authentication])
    results = [attempt(client, client.context.step()) for client in (one_sided, forgetful)]
    return [*results, opened(wire, to).run(PING)]


def other_service(wire, to, other):
    client = unopened(wire, to, other)
    return [attempt(client, client.context.step()), opened(wire, to).run(PING)]


SCENARIOS = [
    two_contexts,
    context_named_by_message_id,
    wrong_order,
    repeated_message,
    garbage,
    in_clear,
    garbage_inside,
    batch_object,
    replayed_token,
    other_reply_address,
    other_connection,
    no_context,
    other_body,
    weak_contexts,
    other_service,
]


def main():
    url, to, other = sys.argv[1:]
    results = {}
    for scenario in SCENARIOS:
        wire = Wire(url)
        results[scenario.__name__] = [*scenario(wire, to, other), unread(wire)]
        wire.close()
    print(json.dumps(results))


main()
