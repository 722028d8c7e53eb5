"""A queue broker for tests, made of python3-qpid-proton: queues come into being by being named, dynamic nodes, anonymous relay.

    broker.py --port PORT [--users FILE] [--gssapi] [--certificate FILE --key FILE [--clients FILE]]

Debian builds Proton without SASL, so the logins are done here: PLAIN for the names and passwords of FILE (one of each a line),
GSSAPI with the default keytab, EXTERNAL for certificates that the authority in --clients vouches for; ANONYMOUS when none of these is
given. Each login is printed, `login MECHANISM WHO`. Messages are kept in memory, no longer than their time to live.
"""

import argparse
import asyncio
import collections
import ssl
import struct
import time
import uuid

import proton
from proton import Array, Data, Delivery, Described, Event, Transport, symbol, ubyte, ulong
from proton._data import UNDESCRIBED

SASL_HEADER = b"AMQP\x03\x01\x00\x00"
MECHANISMS, INIT, CHALLENGE, RESPONSE, OUTCOME = 0x40, 0x41, 0x42, 0x43, 0x44
CREDIT = 100
NO_LAYER = b"\x01\x00\x00\x00"


class Refused(Exception):
    """A login that is not taken."""


class SaslServer:
    """The login of one peer, before any AMQP."""

    def __init__(self, reader, writer, options):
        self.reader = reader
        self.writer = writer
        self.options = options
        certificate = writer.get_extra_info("peercert")
        offers = {
            "EXTERNAL": self.external if certificate else None,
            "GSSAPI": self.gssapi if options.gssapi else None,
            "PLAIN": self.plain if options.users else None,
        }
        self.offers = {name: offer for name, offer in offers.items() if offer is not None}
        if not self.offers and not (options.users or options.gssapi or options.clients):
            self.offers = {"ANONYMOUS": self.anonymous}

    async def log_in(self):
        """True when the peer is let in."""
        if await self.reader.readexactly(8) != SASL_HEADER:
            return False
        self.writer.write(SASL_HEADER)
        self.send(MECHANISMS, [Array(UNDESCRIBED, Data.SYMBOL, *map(symbol, self.offers))])
        mechanism, response, *_ = await self.receive(INIT)
        try:
            if mechanism not in self.offers:
                raise Refused(mechanism)
            who = await self.offers[mechanism](bytes(response or b""))
        except Refused:
            self.send(OUTCOME, [ubyte(1)])
            return False
        print(f"login {mechanism} {who}", flush=True)
        self.send(OUTCOME, [ubyte(0)])
        return True

    async def anonymous(self, _response):
        return "anonymous"

    async def external(self, _response):
        subject = dict(pair for part in self.writer.get_extra_info("peercert")["subject"] for pair in part)
        return subject["commonName"]

    async def plain(self, response):
        _, name, password = response.decode().split("\0")
        if self.options.users.get(name) != password:
            raise Refused(name)
        return name

    async def gssapi(self, response):
        import gssapi

        context = gssapi.SecurityContext(creds=gssapi.Credentials(usage="accept"), usage="accept")
        try:
            token = context.step(response)
            while not context.complete:
                token = context.step(await self.ask(token))
            if token:
                await self.ask(token)
            choice = context.unwrap(await self.ask(context.wrap(NO_LAYER, False).message)).message
        except gssapi.exceptions.GSSError as error:
            raise Refused("GSSAPI") from error
        if choice[:1] != NO_LAYER[:1]:
            raise Refused("layer")
        return str(context.initiator_name)

    async def ask(self, challenge):
        self.send(CHALLENGE, [bytes(challenge)])
        return bytes((await self.receive(RESPONSE))[0])

    def send(self, code, fields):
        data = Data()
        data.put_object(Described(ulong(code), fields))
        body = data.encode()
        self.writer.write(struct.pack(">IBBH", len(body) + 8, 2, 1, 0) + body)

    async def receive(self, code):
        (size,) = struct.unpack(">I", await self.reader.readexactly(4))
        body = (await self.reader.readexactly(min(size, 65536) - 4))[4:]
        data = Data()
        data.decode(body)
        data.rewind()
        data.next()
        frame = data.get_object()
        if frame.descriptor != code:
            raise Refused("frame")
        return frame.value


class Queue:
    """Messages, and the links that take them."""

    def __init__(self):
        self.messages = collections.deque()
        self.readers = []

    def put(self, encoded, ttl_s):
        self.messages.append((encoded, time.monotonic() + ttl_s if ttl_s else None))
        self.deliver()

    def deliver(self):
        for peer, link in list(self.readers):
            while link.credit > 0 and self.messages:
                encoded, until = self.messages.popleft()
                if until is not None and until < time.monotonic():
                    continue
                delivery = link.delivery(uuid.uuid4().hex)
                peer.unsettled[delivery.tag] = (self, encoded, until)
                link.send(encoded)
                link.advance()
            peer.flush()

    def take_back(self, encoded, until):
        self.messages.appendleft((encoded, until))


class Peer:
    """One connection after its login."""

    def __init__(self, queues, writer):
        self.queues = queues
        self.writer = writer
        self.unsettled = {}
        self.collector = proton.Collector()
        self.connection = proton.Connection()
        self.connection.collect(self.collector)
        self.transport = Transport(Transport.SERVER)
        self.transport.bind(self.connection)

    async def serve(self, reader):
        self.flush()
        while self.transport.capacity() >= 0 and (received := await reader.read(65536)):
            self.take(received)
        self.close()

    def take(self, received):
        while received and (room := self.transport.capacity()) > 0:
            self.transport.push(received[:room])
            received = received[room:]
            while (event := self.collector.peek()) is not None:
                self.on(event)
                self.collector.pop()
            self.flush()

    def flush(self):
        while (pending := self.transport.pending()) > 0:
            self.writer.write(self.transport.peek(pending))
            self.transport.pop(pending)

    def close(self):
        for queue in self.queues.values():
            queue.readers = [reader for reader in queue.readers if reader[0] is not self]
        for queue, encoded, until in reversed(self.unsettled.values()):
            queue.take_back(encoded, until)
        for queue in {queue for queue, _, _ in self.unsettled.values()}:
            queue.deliver()
        self.unsettled.clear()
        self.writer.close()

    def on(self, event):
        link = event.link
        if event.type == Event.CONNECTION_REMOTE_OPEN:
            self.connection.container = "broker"
            self.connection.open()
        elif event.type == Event.SESSION_REMOTE_OPEN:
            event.session.incoming_capacity = 16 * 1024 * 1024
            event.session.open()
        elif event.type == Event.LINK_REMOTE_OPEN:
            self.attach(link)
        elif event.type == Event.LINK_FLOW and link.is_sender:
            self.queues[link.source.address].deliver()
        elif event.type == Event.DELIVERY:
            self.on_outcome(event.delivery) if link.is_sender else self.on_message(link, event.delivery)
        elif event.type in (Event.LINK_REMOTE_CLOSE, Event.LINK_REMOTE_DETACH):
            if link.is_sender:
                queue = self.queues[link.source.address]
                queue.readers = [reader for reader in queue.readers if reader[1] != link]
            link.close()
        elif event.type == Event.SESSION_REMOTE_CLOSE:
            event.session.close()
        elif event.type == Event.CONNECTION_REMOTE_CLOSE:
            self.connection.close()

    def attach(self, link):
        if link.is_sender:
            address = f"temp.{uuid.uuid4()}" if link.remote_source.dynamic else link.remote_source.address
            link.source.address = address
            link.target.copy(link.remote_target)
            self.queues[address].readers.append((self, link))
        else:
            link.source.copy(link.remote_source)
            link.target.copy(link.remote_target)
        link.open()
        if link.is_receiver:
            link.flow(CREDIT)

    def on_message(self, link, delivery):
        if not delivery.readable or delivery.partial:
            return
        encoded = link.recv(delivery.pending)
        link.advance()
        message = proton.Message()
        message.decode(encoded)
        delivery.update(Delivery.ACCEPTED)
        delivery.settle()
        link.flow(1)
        self.queues[link.target.address or message.address].put(encoded, message.ttl)

    def on_outcome(self, delivery):
        if not delivery.updated:
            return
        queue, encoded, until = self.unsettled.pop(delivery.tag, (None, None, None))
        delivery.settle()
        if queue is not None and delivery.remote_state in (Delivery.RELEASED, Delivery.MODIFIED):
            queue.take_back(encoded, until)
            asyncio.get_running_loop().call_later(0.05, queue.deliver)


async def main(options):
    queues = collections.defaultdict(Queue)
    context = None
    if options.certificate:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(options.certificate, options.key)
        if options.clients:
            context.load_verify_locations(options.clients)
            context.verify_mode = ssl.CERT_OPTIONAL

    async def serve(reader, writer):
        peer = None
        try:
            if await SaslServer(reader, writer, options).log_in():
                peer = Peer(queues, writer)
                await peer.serve(reader)
        except (OSError, asyncio.IncompleteReadError, proton.ProtonException, Refused):
            pass
        finally:
            peer.close() if peer else writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", options.port, ssl=context)
    async with server:
        await server.serve_forever()


def read_users(file):
    with open(file, encoding="utf-8") as lines:
        return dict(line.rstrip("\n").split(" ", 1) for line in lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--users", type=read_users)
    parser.add_argument("--gssapi", action="store_true")
    parser.add_argument("--certificate")
    parser.add_argument("--key")
    parser.add_argument("--clients")
    asyncio.run(main(parser.parse_args()))
