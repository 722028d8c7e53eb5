"""Runs the demo on a terminal of its own, as a user does: waits for the invitation, sees that it stays, presses Ctrl-C."""

import os
import pty
import select
import sys
import time

INVITATION = b"Ctrl-C stops everything."


def main() -> int:
    child, terminal = pty.fork()
    if child == 0:
        os.execvp(sys.argv[1], sys.argv[1:])
    shown = b""
    pressed = False
    limit = time.monotonic() + 60
    while time.monotonic() < limit:
        ready, _, _ = select.select([terminal], [], [], 0.2)
        if ready:
            try:
                chunk = os.read(terminal, 65536)
            except OSError:
                break
            if not chunk:
                break
            shown += chunk
        elif INVITATION in shown and not pressed:
            # Nothing was printed for a while, and it still runs.
            if os.waitpid(child, os.WNOHANG) != (0, 0):
                print("it did not stay", file=sys.stderr)
                return 1
            os.write(terminal, b"\x03")
            pressed = True
    _, status = os.waitpid(child, 0)
    sys.stdout.buffer.write(shown)
    return os.waitstatus_to_exitcode(status) if pressed else 1


sys.exit(main())
