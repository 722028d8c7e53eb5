"""A peer with python3-gssapi: bodies go to and fro on stdio as JSON lines of hex, bare or in frames."""

import json
import sys

import gssapi

CONTEXT_ID = bytes(range(16))
PAYLOAD, CONTEXT = 1, 2


class Bare:
    def write(self, kind, token, payload):
        return token or payload

    def read(self, body):
        return body, body


class Framed:
    def write(self, kind, token, payload):
        return bytes([0xA2, 1, kind, 0]) + CONTEXT_ID + len(token).to_bytes(4, "big") + token + payload

    def read(self, body):
        end = 24 + int.from_bytes(body[20:24], "big")
        return body[24:end], body[end:]


def exchange(style, kind, token=b"", payload=b""):
    print(json.dumps(style.write(kind, token, payload).hex()), flush=True)
    return style.read(bytes.fromhex(json.loads(sys.stdin.readline())))


def main():
    options = json.loads(sys.argv[1])
    style = Framed() if options.get("framed") else Bare()
    name = gssapi.Name(options["service"], gssapi.NameType.hostbased_service)
    flags = {}
    if "flags" in options:
        flags["flags"] = gssapi.IntEnumFlagSet(
            gssapi.RequirementFlag, [getattr(gssapi.RequirementFlag, flag) for flag in options["flags"]]
        )
    context = gssapi.SecurityContext(name=name, usage="initiate", **flags)
    token = context.step()
    while not context.complete:
        token = context.step(exchange(style, CONTEXT, token)[0])
    if token and not options.get("lastTokenTravels"):
        exchange(style, CONTEXT, token)
        token = None
    for text in options["texts"]:
        answer = exchange(style, PAYLOAD, token or b"", context.encrypt(text.encode()))[1]
        token = None
        print(json.dumps({"answer": context.decrypt(answer).decode()}), flush=True)


main()
