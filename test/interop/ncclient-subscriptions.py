# Subscriptions of ncclient, each in a session of its own: account and wishes as JSON on stdin; on stdout, a line "ready"
# when all have subscribed, then what each was told up to the notification that it waits for, as JSON.
import json
import sys

from lxml import etree
from ncclient import manager
from ncclient.operations.rpc import RPCError
from ncclient_account import account


def connect(job):
    return manager.connect(**account(job))


def subscribe(session, wish):
    arguments = {name: wish[name] for name in ("stream_name", "start_time", "stop_time") if name in wish}
    if "subtree" in wish:
        arguments["filter"] = ("subtree", wish["subtree"])
    if "xpath" in wish:
        arguments["filter"] = ("xpath", (wish["namespaces"], wish["xpath"]))
    try:
        session.create_subscription(**arguments)
        return None
    except RPCError as error:
        return error.tag


def hear(session, until):
    names = []
    while until not in names:
        notification = session.take_notification(timeout=60)
        if notification is None:
            return names + ["nothing more"]
        event = etree.fromstring(notification.notification_xml.encode())[1]
        names.append(etree.QName(event).localname)
    return names


job = json.load(sys.stdin)
sessions = [connect(job) for _ in job["wishes"]]
refused = [subscribe(session, wish) for session, wish in zip(sessions, job["wishes"])]
print("ready", flush=True)
told = []
for session, wish, tag in zip(sessions, job["wishes"], refused):
    # A request between notifications: ncclient must still find its reply.
    if tag is None and wish.get("ask"):
        session.get(filter=("subtree", '<netconf xmlns="urn:ietf:params:xml:ns:netmod:notification"/>'))
    told.append({"refused": tag} if tag is not None else {"told": hear(session, wish["until"])})
for session in sessions:
    session.close_session()
json.dump(told, sys.stdout)
