# ncclient waits for a call: takes where and who as JSON on stdin, gives what the caller said as JSON on stdout.
import json
import sys

from ncclient import manager
from ncclient_account import account

job = json.load(sys.stdin)
sessions = '<netconf-state xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-monitoring"><sessions/></netconf-state>'


def take_call():
    """ncclient waits 10 s; a server that found nobody calls again within a minute."""
    for _ in range(8):
        try:
            return manager.call_home(**account(job))
        except TimeoutError:
            continue
    raise SystemExit("nobody called")


with take_call() as session:
    json.dump({"id": session.session_id, "sessions": session.get(filter=("subtree", sessions)).xml}, sys.stdout)
