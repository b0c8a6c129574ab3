# One session of ncclient: takes account and steps as JSON on stdin, gives what came of each as JSON on stdout.
import json
import sys

from ncclient import manager
from ncclient.operations.rpc import RPCError
from ncclient.xml_ import to_ele
from ncclient_account import account


def errors_of(error):
    return [one.to_dict() for one in getattr(error, "errors", [error])]


def perform(session, step):
    arguments = dict(step["arguments"])
    if step["method"] == "dispatch":
        return session.dispatch(to_ele(arguments["rpc"])).xml
    if "filter" in arguments:
        arguments["filter"] = ("subtree", arguments["filter"])
    reply = getattr(session, step["method"])(**arguments)
    return reply.data if step["method"] == "get_schema" else reply.xml


def attempt(session, step):
    try:
        return {"reply": perform(session, step)}
    except RPCError as error:
        return {"errors": errors_of(error)}


job = json.load(sys.stdin)
with manager.connect(**account(job)) as session:
    json.dump(
        {
            "sessionId": session.session_id,
            "capabilities": list(session.server_capabilities),
            "results": [attempt(session, step) for step in job["steps"]],
        },
        sys.stdout,
    )
