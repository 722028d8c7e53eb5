#!/usr/bin/env python3
"""Example of an executable shell. Run once for every command, with the JSON command on standard input."""

import json
import os
import sys

GREETINGS = {"en": "Hello", "nl": "Hallo", "de": "Guten Tag"}


def greet(command):
    """Prints a header and a JSON object; its members become members of the reply."""
    caller = os.environ.get("REMOTE_USER")
    if caller is None:
        # Anything on standard error makes the command a failed one.
        sys.exit("There is nobody to greet: you have no ticket")
    language = command.get("language", ["en"])[0]
    print(f"Content-Language: {language}")
    print()
    print(json.dumps({"greeting": f"{GREETINGS[language]}, {caller}!"}))


def echo(command):
    """Prints text; it becomes `stdout_` of the reply."""
    # The empty line ends the (empty) headers, so that no word is taken for one.
    print()
    print(" ".join(command["word"]))


def count(command):
    """Reads the input of the command, `stdin_`."""
    text = command.get("stdin_", "")
    numbers = {"lines": text.count("\n"), "words": len(text.split()), "characters": len(text)}
    print(json.dumps({name: str(number) for name, number in numbers.items()}))


def main():
    sys.stdin.reconfigure(encoding="utf-8")
    sys.stdout.reconfigure(encoding="utf-8")
    command = json.load(sys.stdin)
    # do_ is the name of the shell, then the literal words that were given; the daemon has checked them.
    {"greet": greet, "echo": echo, "count": count}[command["do_"][1]](command)


main()
