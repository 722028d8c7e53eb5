"""A client of the original arpa2shell protocol, made of python3-qpid-proton and python3-gssapi.

Bare context tokens go to and fro until the context is complete; then every body is a bare wrap of a JSON array.

    original_client.py --url amqp://127.0.0.1:5672 --to /internetwide/arpa2.test/reservoir [--string-ids] < BATCHES

BATCHES has one JSON array of commands a line. For each, one line is printed: the array of replies. All of them go
through one context, one at a time: the protocol has nothing but order to tell answers apart.
"""

import argparse
import json
import sys
import uuid

import gssapi
import proton
from proton.utils import BlockingConnection

TIMEOUT_S = 10


def service_of(address):
    """/internetwide/arpa2.test/reservoir -> arpa2amqp@reservoir.arpa2.test"""
    _, _, domain, host = address.split("/")
    return gssapi.Name(f"arpa2amqp@{host}.{domain}", gssapi.NameType.hostbased_service)


class Rejected(Exception):
    """The host has refused a message."""

    def __init__(self, condition, description):
        super().__init__(f"{condition}: {description}")
        self.condition = condition
        self.description = description


class Wire:
    """An AMQP connection with a dynamic reply address; one message at a time."""

    def __init__(self, url):
        self.connection = BlockingConnection(url, timeout=TIMEOUT_S, allowed_mechs="ANONYMOUS")
        self.receiver = self.connection.create_receiver(None, dynamic=True, credit=10)
        self.reply_to = self.receiver.link.remote_source.address
        self.senders = {}

    def send(self, to, body, **properties):
        """Sends one data section; raises Rejected unless it is accepted."""
        message = proton.Message(body=body, inferred=True, address=to, reply_to=self.reply_to)
        for name, value in properties.items():
            setattr(message, name, value)
        if to not in self.senders:
            self.senders[to] = self.connection.create_sender(to)
        delivery = self.senders[to].link.send(message)
        self.connection.wait(lambda: delivery.settled, timeout=TIMEOUT_S, msg="Waiting for an outcome")
        condition = delivery.remote.condition
        is_accepted = delivery.remote_state == proton.Delivery.ACCEPTED
        delivery.settle()
        if not is_accepted:
            raise Rejected(condition.name, condition.description)

    def receive(self, timeout=TIMEOUT_S):
        message = self.receiver.receive(timeout=timeout)
        self.receiver.accept()
        return message

    def close(self):
        self.connection.close()


class OriginalClient:
    """One security context with one host. What the host answers is checked as strictly as the protocol allows."""

    def __init__(self, wire, to, context_id=None):
        self.wire = wire
        self.to = to
        self.id = uuid.uuid4() if context_id is None else context_id
        self.context = gssapi.SecurityContext(name=service_of(to), usage="initiate")
        self.tokens = []

    def handshake(self):
        token = self.context.step()
        while not self.context.complete:
            self.tokens.append(token)
            self.send(token)
            token = self.context.step(self.receive())
        if token:
            self.send(token)

    def send(self, body):
        self.wire.send(self.to, body, correlation_id=self.id)

    def receive(self):
        message = self.wire.receive()
        if type(message.correlation_id) is not type(self.id) or message.correlation_id != self.id:
            raise ValueError(f"The answer has the correlation-id {message.correlation_id!r}, not {self.id!r}")
        if not message.inferred or not isinstance(message.body, bytes):
            raise ValueError("The answer is no data section")
        if not message.reply_to:
            raise ValueError("The answer has no reply-to")
        self.to = message.reply_to
        return message.body

    def seal(self, commands):
        return self.context.encrypt(json.dumps(commands).encode())

    def open(self, body):
        return json.loads(self.context.decrypt(body))

    def run(self, commands):
        self.send(self.seal(commands))
        return self.open(self.receive())


def main():
    parser = argparse.ArgumentParser(description="A client of the original arpa2shell protocol.")
    parser.add_argument("--url", required=True)
    parser.add_argument("--to", required=True)
    parser.add_argument("--string-ids", action="store_true", help="name the context by a string, not a uuid")
    options = parser.parse_args()
    wire = Wire(options.url)
    client = OriginalClient(wire, options.to, str(uuid.uuid4()) if options.string_ids else None)
    client.handshake()
    for line in sys.stdin:
        print(json.dumps(client.run(json.loads(line))), flush=True)
    wire.close()


if __name__ == "__main__":
    main()
