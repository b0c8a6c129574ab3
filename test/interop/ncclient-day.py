# An operator's day with ncclient, in three sessions: takes accounts as JSON on stdin, gives what came of each step as JSON.
import json
import sys
import time

from ncclient import manager
from ncclient.devices.default import DefaultDeviceHandler
from ncclient.operations.rpc import RPCError
from ncclient.transport.ssh import SSHSession
from ncclient_account import account

job = json.load(sys.stdin)
HEADEND = "urn:sublane:params:xml:ns:yang:sublane-headend"
BASE = "urn:ietf:params:xml:ns:netconf:base:1.0"
MONITORING = "urn:ietf:params:xml:ns:yang:ietf-netconf-monitoring"


class Device(DefaultDeviceHandler):
    """One that speaks the versions of the job."""

    def get_capabilities(self):
        return [one for one in super().get_capabilities() if not one.startswith("urn:ietf:params:netconf:base:")] + [
            "urn:ietf:params:netconf:base:" + base for base in job["bases"]
        ]


if job.get("chunkedHello"):
    # As some releases do (ncclient#524): the hello in chunks, before anybody could agree on them.
    begin = SSHSession.run

    def run(self):
        hello = self._q.get()
        text = hello.encode() if isinstance(hello, str) else hello
        self._channel.sendall(b"\n#%d\n%s\n##\n" % (len(text), text))
        begin(self)

    SSHSession.run = run


def connect():
    return manager.connect(**account(job), device_params={"handler": Device})


results = {}


def step(name, act):
    try:
        given = act()
        results[name] = {"ok": given if isinstance(given, (str, bool, int, list)) else getattr(given, "xml", str(given))}
    except RPCError as error:
        errors = getattr(error, "errors", None) or [error]
        results[name] = {"errors": [one.to_dict() for one in errors]}
    except Exception as error:  # what ncclient itself could not do
        results[name] = {"failed": "%s: %s" % (type(error).__name__, error)}


def config(zone):
    return '<config xmlns="%s"><headend xmlns="%s"><time-zone>%s</time-zone></headend></config>' % (BASE, HEADEND, zone)


def zone(session, source="running"):
    data = session.get_config(source=source, filter=("subtree", '<headend xmlns="%s"><time-zone/></headend>' % HEADEND))
    found = data.data_ele.find(".//{%s}time-zone" % HEADEND)
    return "none" if found is None else found.text


def until(session, wanted):
    """Whether running comes to hold what is wanted."""
    for _ in range(150):
        if zone(session) == wanted:
            return True
        time.sleep(0.1)
    return False


def edit(session, value):
    return session.edit_config(target="candidate", config=config(value), default_operation="merge")


ann = connect()
bob = connect()
step("capabilities", lambda: sorted(ann.server_capabilities))

# Locks, an edit, and its commit.
step("lock candidate", lambda: ann.lock("candidate"))
step("lock running", lambda: ann.lock("running"))
step("locked for others", lambda: bob.lock("candidate"))
step("edit of others", lambda: edit(bob, "UTC"))
step("edit", lambda: edit(ann, "Europe/Berlin"))
step("candidate after edit", lambda: zone(ann, "candidate"))
step("running after edit", lambda: zone(ann))
step("validate", lambda: ann.validate(source="candidate"))
step("commit", lambda: ann.commit())
step("running after commit", lambda: zone(bob))
step("edit again", lambda: edit(ann, "Europe/Paris"))
step("discard", lambda: ann.discard_changes())
step("candidate after discard", lambda: zone(ann, "candidate"))
step("edit of nonsense", lambda: ann.edit_config(target="candidate", config=config("UTC").replace("time-zone", "zone")))

# Commits on trial.
step("edit for the timeout", lambda: edit(ann, "Europe/Rome"))
step("confirmed commit", lambda: ann.commit(confirmed=True, timeout="1"))
step("running on trial", lambda: zone(ann))
step("reverted by timeout", lambda: until(bob, "Europe/Berlin"))
step("edit to confirm", lambda: edit(ann, "Europe/Oslo"))
step("commit to confirm", lambda: ann.commit(confirmed=True, timeout="60"))
step("confirm", lambda: ann.commit())
step("discard before unlock", lambda: ann.discard_changes())
step("unlock running", lambda: ann.unlock("running"))
step("unlock candidate", lambda: ann.unlock("candidate"))

carol = connect()
step("edit before the loss", lambda: edit(carol, "Europe/Madrid"))
step("commit before the loss", lambda: carol.commit(confirmed=True, timeout="600"))
step("running before the loss", lambda: zone(bob))
carol._session._channel.close()
carol._session._transport.close()
step("reverted by the loss", lambda: until(bob, "Europe/Oslo"))

step("edit to persist", lambda: edit(ann, "Europe/Vienna"))
step("commit to persist", lambda: ann.commit(confirmed=True, timeout="600", persist="week 47"))
step("cancel without the token", lambda: bob.cancel_commit(persist_id="another"))
step("cancel", lambda: bob.cancel_commit(persist_id="week 47"))
step("running after cancel", lambda: zone(ann))
step("edit to persist again", lambda: edit(ann, "Europe/Zurich"))
step("commit to persist again", lambda: ann.commit(confirmed=True, timeout="600", persist="week 48"))
step("confirm by another", lambda: bob.commit(persist_id="week 48"))
step("running after all", lambda: zone(ann))

# Notifications, beside other operations.
step("subscribe", lambda: bob.create_subscription(stream_name="NETCONF"))
step("edit to notify", lambda: edit(ann, "Europe/Lisbon"))
step("commit to notify", lambda: ann.commit())


def notified():
    for _ in range(10):
        notification = bob.take_notification(timeout=10)
        if notification is None:
            return "none"
        if "netconf-config-change" in notification.notification_xml:
            return notification.notification_xml
    return "none"


step("notification", notified)
step("get while subscribed", lambda: zone(bob))

# Reads.
sessions = '<netconf-state xmlns="%s"><sessions/></netconf-state>' % MONITORING
step("get by subtree", lambda: ann.get(filter=("subtree", sessions)))
prefixes = {"m": MONITORING, "s": HEADEND}
step("get by xpath", lambda: ann.get(filter=("xpath", (prefixes, "/m:netconf-state/m:sessions/m:session[m:username='%s']/m:session-id" % job["user"]))))
step("get-config by xpath", lambda: ann.get_config(source="running", filter=("xpath", (prefixes, "/s:headend/s:time-zone"))))
records = {"v": "urn:sublane:params:xml:ns:yang:sublane-service"}
step("a record by its key", lambda: ann.get(filter=("xpath", (records, "/v:hosts/v:host[v:host-id='laptop-7']"))))
step("all records", lambda: ann.get(filter=("xpath", (records, "//v:host"))))
step("xpath of nonsense", lambda: ann.get(filter=("xpath", (prefixes, "/m:netconf-state["))))
for mode in ("report-all", "trim", "explicit", "report-all-tagged"):
    step("with-defaults " + mode, lambda: ann.get_config(source="running", with_defaults=mode))
step("get-schema", lambda: ann.get_schema(identifier="sublane-headend").data)
step("get-schema of nothing", lambda: ann.get_schema(identifier="nowhere"))

# The end.
step("kill itself", lambda: ann.kill_session(ann.session_id))
step("kill", lambda: ann.kill_session(bob.session_id))


def gone():
    for _ in range(100):
        if not bob.connected:
            return True
        time.sleep(0.1)
    return False


step("killed", gone)
step("close", lambda: ann.close_session())
json.dump({"base": str(ann._session._base), "results": results}, sys.stdout)
