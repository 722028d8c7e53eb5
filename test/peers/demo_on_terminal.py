"""Runs the demo on a terminal of its own, as a user does: waits for the shell, gives it the interrupt key and two commands, leaves it."""

import os
import pty
import select
import sys
import time

# What is waited for in the new output, and what is typed then.
STEPS = [
    (b"arpa2shell", b"\x03"),
    (b"arpa2shell", b"arpa2dns whoami\r"),
    (b"Expiration:", b"arpa2dns zone list\r"),
    (b"orvelte.nep", b"quit\r"),
]
INVITATION = b'"quit" stops everything.'


def main() -> int:
    child, terminal = pty.fork()
    if child == 0:
        os.environ["TERM"] = "xterm"
        os.execvp(sys.argv[1], sys.argv[1:])
    shown = b""
    seen = 0
    steps = list(STEPS)
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
        # The terminal is quiet: what was to be drawn is drawn.
        elif steps and INVITATION in shown and steps[0][0] in shown[max(seen, shown.index(INVITATION)) :]:
            seen = len(shown)
            os.write(terminal, steps.pop(0)[1])
    _, status = os.waitpid(child, 0)
    sys.stdout.buffer.write(shown)
    return os.waitstatus_to_exitcode(status) if not steps else 1


sys.exit(main())
