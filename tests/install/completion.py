# SPDX-License-Identifier: MIT
"""Types at a real shell, on a terminal of its own, and looks at what it completes.

completion.py bash|zsh|fish SCRIPT PROGRAM: exit status 77 where there is no such shell.
"""
import os
import pty
import select
import shutil
import sys
import tempfile
import time

TRIES = [  # what is typed, TAB included, and what the shell has to add
    ("thumbs --fo\t\t", "--format"),
    ("thumbs --form\t", "at"),
    ("thumbs --format=web\t", "p"),
    ("thumbs --fit cov\t", "er"),
    ("thumbs bench --mo\t", "des"),
    ("thumbs merge --exp\t", "ect"),
    ("thumbs --report=run.n\t", "djson"),
    ("thumbs photos-of-th\t", "e-year"),
]


def start(shell, script):
    """The shell as its user would have it, with the completions loaded."""
    if shell == "bash":
        return ["bash", "--norc", "--noprofile", "-i"], f"source {script}"
    if shell == "zsh":
        folder = os.path.dirname(script)
        return ["zsh", "-f", "-i"], f"fpath=({folder} $fpath); autoload -U compinit; compinit -u -d ./dump"
    return ["fish", "--no-config", "-i"], f"source {script}"


class Terminal:
    def __init__(self, argv, folder):
        self.text = ""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.environ.update(TERM="dumb", PS1="$ ", PROMPT="$ ", HOME=folder, COLUMNS="200", HISTFILE="/dev/null")
            os.execvp(argv[0], argv)

    def type(self, text):
        os.write(self.fd, text.encode())

    def wait_for(self, expected, seconds=30):
        """True as soon as it was shown since the last call that found something."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if expected in self.text:
                self.text = ""
                return True
            if select.select([self.fd], [], [], 0.2)[0]:
                try:
                    self.text += os.read(self.fd, 65536).decode(errors="replace")
                except OSError:
                    return False
        return False


def main():
    shell, script, program = sys.argv[1], os.path.realpath(sys.argv[2]), os.path.realpath(sys.argv[3])
    if not shutil.which(shell):
        print(f"SKIPPED: there is no {shell}")
        return 77
    os.environ["PATH"] = os.path.dirname(program) + os.pathsep + os.environ["PATH"]
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(os.path.join(folder, "photos-of-the-year"))
        open(os.path.join(folder, "run.ndjson"), "w", encoding="utf-8").close()
        argv, load = start(shell, script)
        terminal = Terminal(argv, folder)
        terminal.type(load + "\necho re''ady\n")
        if not terminal.wait_for("ready"):
            print(f"{shell}: it does not start: {terminal.text!r}")
            return 1
        for typed, expected in TRIES:
            # Ctrl-U empties the line; the echo of what is typed comes before what is completed.
            words = typed.rstrip("\t")
            if shell == "fish" and typed.endswith("\t\t"):
                continue  # it shows a list that one moves about in
            terminal.type("\x15" + words)
            terminal.wait_for(words[-3:])
            terminal.type(typed[len(words):])
            if not terminal.wait_for(expected):
                print(f"{shell}: {words!r} is not completed by {expected!r}: {terminal.text!r}")
                failed += 1
        terminal.type("\x15exit\n")
    return 1 if failed else 0


sys.exit(main())
