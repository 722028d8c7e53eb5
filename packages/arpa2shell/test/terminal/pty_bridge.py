"""Runs a program on a terminal of its own: pty_bridge.py COLUMNS ROWS PROGRAM ARGUMENTS...

What the program writes comes out as it is. Orders come in, one JSON object a line: {"type": TEXT} types, {"size": [COLUMNS,
ROWS]} resizes the window, {"signal": NUMBER} sends a signal to the program, {"hangUp": true} closes the terminal.
"""

import fcntl
import json
import os
import pty
import select
import struct
import sys
import termios


def resize(terminal: int, columns: int, rows: int) -> None:
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def obey(order: dict, terminal: int, child: int, waiting: bytearray) -> bool:
    if "type" in order:
        waiting += order["type"].encode("utf-8", "surrogateescape")
    if "size" in order:
        resize(terminal, *order["size"])
    if "signal" in order:
        os.kill(child, order["signal"])
    return "hangUp" not in order


def relay(terminal: int, child: int) -> None:
    orders = b""
    waiting = bytearray()
    sources = [terminal, 0]
    while True:
        readable, writable, _ = select.select(sources, [terminal] if waiting else [], [])
        if writable:
            del waiting[: os.write(terminal, waiting[:4096])]
        if terminal in readable:
            try:
                shown = os.read(terminal, 65536)
            except OSError:
                return
            if not shown:
                return
            os.write(1, shown)
        if 0 in readable:
            chunk = os.read(0, 1 << 20)
            if not chunk:
                return
            *lines, orders = (orders + chunk).split(b"\n")
            for line in lines:
                if not obey(json.loads(line), terminal, child, waiting):
                    return


def main() -> int:
    columns, rows = int(sys.argv[1]), int(sys.argv[2])
    ready, go = os.pipe()
    child, terminal = pty.fork()
    if child == 0:
        # The window has its size before the program looks.
        os.read(ready, 1)
        os.execvp(sys.argv[3], sys.argv[3:])
    resize(terminal, columns, rows)
    os.set_blocking(terminal, False)
    os.write(go, b"x")
    relay(terminal, child)
    os.close(terminal)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


sys.exit(main())
