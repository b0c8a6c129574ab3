"""Runs a program in a terminal of its own and types at it.

Arguments: the program with its own. Standard input, a line each: what to wait for in what it shows, a tab, and what to type
then (a JSON string); ends with its exit code. What it showed goes to standard output.
"""
import json, os, pty, select, sys, time

PATIENCE = 20

def show(fd, shown, until):
    end = time.monotonic() + PATIENCE
    while until not in shown[0]:
        ready, _, _ = select.select([fd], [], [], max(0, end - time.monotonic()))
        if not ready:
            sys.exit("not shown within %d s: %r; shown was %r" % (PATIENCE, until, shown[0]))
        try:
            piece = os.read(fd, 65536).decode(errors="replace")
        except OSError:
            piece = ""
        if piece == "":
            sys.exit("ended before it showed %r; shown was %r" % (until, shown[0]))
        shown[0] += piece
        sys.stdout.write(piece)
    shown[0] = shown[0].split(until, 1)[1]

def rest(fd):
    try:
        while True:
            piece = os.read(fd, 65536).decode(errors="replace")
            if piece == "":
                return
            sys.stdout.write(piece)
    except OSError:
        return

pid, fd = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
shown = [""]
for line in sys.stdin:
    until, typed = line.rstrip("\n").split("\t")
    show(fd, shown, until)
    os.write(fd, json.loads(typed).encode())
rest(fd)
_, status = os.waitpid(pid, 0)
sys.stdout.flush()
sys.exit(os.waitstatus_to_exitcode(status))
