# ncclient, which knows nothing of RFC 8639 and RFC 8641, sends their rpcs as they are and takes what comes: account and
# rpcs as JSON on stdin; on stdout, a line "ready" when all are answered, then the replies, and the notifications up to the
# one that holds `until`, as JSON.
import json
import sys

from lxml import etree
from ncclient import manager
from ncclient.operations.rpc import RPCError
from ncclient_account import account

job = json.load(sys.stdin)
session = manager.connect(**account(job))
replies = []
for rpc in job["rpcs"]:
    try:
        replies.append({"reply": session.dispatch(etree.fromstring(rpc)).xml})
    except RPCError as error:
        replies.append({"tag": error.tag, "appTag": error._app_tag, "info": error.info})
print("ready", flush=True)
told = []
while not told or job["until"] not in told[-1]:
    notification = session.take_notification(timeout=60)
    if notification is None:
        told.append("nothing more")
        break
    told.append(notification.notification_xml)
session.close_session()
json.dump({"replies": replies, "told": told}, sys.stdout)
