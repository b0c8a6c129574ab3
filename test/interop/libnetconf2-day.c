/* An operator's day with libnetconf2. Prints a line for each step: its name, a tab, and what came, as XML in one line. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libyang/libyang.h>

#include <nc_client.h>

#define HEADEND "urn:sublane:params:xml:ns:yang:sublane-headend"
#define MONITORING "urn:ietf:params:xml:ns:yang:ietf-netconf-monitoring"
#define PATIENCE 20000
/* A server that found nobody calls again within a minute. */
#define UNTIL_CALLED 90000

static const char *transport, *host, *user, *private_key, *public_key, *certificate, *certificate_key, *ca;
static uint16_t port;

/* Whom the tests trust they have started themselves. */
static int trust(const char *name, ssh_session session, void *data) {
  (void)name, (void)session, (void)data;
  return 0;
}

static char *no_password(const char *name, const char *on, void *data) {
  (void)name, (void)on, (void)data;
  return NULL;
}

static void say(const char *step, const char *what) {
  printf("%s\t", step);
  for (; *what; what++) putchar(*what == '\n' || *what == '\t' ? ' ' : *what);
  putchar('\n');
  fflush(stdout);
}

static void say_tree(const char *step, struct lyd_node *envelope, struct lyd_node *operation) {
  char *first = NULL, *second = NULL, *both;
  if (envelope) lyd_print_mem(&first, envelope, LYD_XML, LYD_PRINT_SHRINK | LYD_PRINT_WITHSIBLINGS | LYD_PRINT_WD_IMPL_TAG);
  if (operation) lyd_print_mem(&second, operation, LYD_XML, LYD_PRINT_SHRINK | LYD_PRINT_WITHSIBLINGS | LYD_PRINT_KEEPEMPTYCONT);
  both = malloc((first ? strlen(first) : 0) + (second ? strlen(second) : 0) + 1);
  sprintf(both, "%s%s", first ? first : "", second ? second : "");
  say(step, both);
  free(first), free(second), free(both);
}

static struct nc_session *dial(void) {
  return !strcmp(transport, "tls") ? nc_connect_tls(host, port, NULL) : nc_connect_ssh(host, port, NULL);
}

/* Takes a call: port is where it is waited for. */
static struct nc_session *take_call(void) {
  struct nc_session *session = NULL;
  int is_tls = !strcmp(transport, "call-home-tls");
  if (is_tls ? nc_client_tls_ch_add_bind_listen(host, port) : nc_client_ssh_ch_add_bind_listen(host, port)) return NULL;
  say("waiting", "");
  return nc_accept_callhome(UNTIL_CALLED, NULL, &session) == 1 ? session : NULL;
}

/* Sends an rpc and prints its reply; frees the rpc. */
static void step(const char *name, struct nc_session *session, struct nc_rpc *rpc) {
  struct lyd_node *envelope = NULL, *operation = NULL;
  uint64_t id;
  NC_MSG_TYPE type;
  if (!rpc || nc_send_rpc(session, rpc, PATIENCE, &id) != NC_MSG_RPC) {
    say(name, "not sent");
    nc_rpc_free(rpc);
    return;
  }
  do type = nc_recv_reply(session, rpc, id, PATIENCE, &envelope, &operation);
  while (type == NC_MSG_NOTIF);
  if (type == NC_MSG_REPLY) say_tree(name, envelope, operation);
  else say(name, type == NC_MSG_WOULDBLOCK ? "no reply" : "no reply that can be read");
  lyd_free_tree(envelope);
  lyd_free_all(operation);
  nc_rpc_free(rpc);
}

static struct nc_rpc *edit(const char *zone) {
  char *config = malloc(strlen(zone) + 200);
  sprintf(config, "<headend xmlns=\"%s\"><time-zone>%s</time-zone></headend>", HEADEND, zone);
  struct nc_rpc *rpc = nc_rpc_edit(NC_DATASTORE_CANDIDATE, NC_RPC_EDIT_DFLTOP_MERGE, NC_RPC_EDIT_TESTOPT_UNKNOWN,
                                   NC_RPC_EDIT_ERROPT_UNKNOWN, config, NC_PARAMTYPE_DUP_AND_FREE);
  free(config);
  return rpc;
}

#define ZONE "<headend xmlns=\"" HEADEND "\"><time-zone/></headend>"
static struct nc_rpc *zone_of(NC_DATASTORE datastore) {
  return nc_rpc_getconfig(datastore, ZONE, NC_WD_UNKNOWN, NC_PARAMTYPE_CONST);
}

static struct nc_rpc *commit(int confirmed, uint32_t timeout, const char *persist, const char *persist_id) {
  return nc_rpc_commit(confirmed, timeout, persist, persist_id, NC_PARAMTYPE_CONST);
}

/* Until running holds a zone, in half a minute. */
static void until(const char *name, struct nc_session *session, const char *zone) {
  for (int attempt = 0; attempt < 150; attempt++) {
    struct lyd_node *envelope = NULL, *operation = NULL;
    struct nc_rpc *rpc = zone_of(NC_DATASTORE_RUNNING);
    uint64_t id;
    char *text = NULL;
    int found = 0;
    if (nc_send_rpc(session, rpc, PATIENCE, &id) == NC_MSG_RPC &&
        nc_recv_reply(session, rpc, id, PATIENCE, &envelope, &operation) == NC_MSG_REPLY && operation) {
      lyd_print_mem(&text, operation, LYD_XML, LYD_PRINT_SHRINK);
      found = text && strstr(text, zone) != NULL;
    }
    free(text);
    lyd_free_tree(envelope);
    lyd_free_all(operation);
    nc_rpc_free(rpc);
    if (found) {
      say(name, zone);
      return;
    }
    usleep(200000);
  }
  say(name, "never");
}

static void spend_the_day(struct nc_session *ann) {
  struct nc_session *bob = dial(), *carol;
  struct lyd_node *envelope = NULL, *operation = NULL;
  if (!bob) {
    say("connect again", "failed");
    return;
  }
  step("lock candidate", ann, nc_rpc_lock(NC_DATASTORE_CANDIDATE));
  step("lock running", ann, nc_rpc_lock(NC_DATASTORE_RUNNING));
  step("locked for others", bob, nc_rpc_lock(NC_DATASTORE_CANDIDATE));
  step("edit", ann, edit("Europe/Berlin"));
  step("candidate after edit", ann, zone_of(NC_DATASTORE_CANDIDATE));
  step("validate", ann, nc_rpc_validate(NC_DATASTORE_CANDIDATE, NULL, NC_PARAMTYPE_CONST));
  step("commit", ann, commit(0, 0, NULL, NULL));
  step("running after commit", bob, zone_of(NC_DATASTORE_RUNNING));
  step("edit again", ann, edit("Europe/Paris"));
  step("discard", ann, nc_rpc_discard());
  step("candidate after discard", ann, zone_of(NC_DATASTORE_CANDIDATE));

  step("edit for the timeout", ann, edit("Europe/Rome"));
  step("confirmed commit", ann, commit(1, 1, NULL, NULL));
  step("running on trial", ann, zone_of(NC_DATASTORE_RUNNING));
  until("reverted by timeout", bob, "Europe/Berlin");
  step("edit to confirm", ann, edit("Europe/Oslo"));
  step("commit to confirm", ann, commit(1, 60, NULL, NULL));
  step("confirm", ann, commit(0, 0, NULL, NULL));
  step("discard before unlock", ann, nc_rpc_discard());
  step("unlock running", ann, nc_rpc_unlock(NC_DATASTORE_RUNNING));
  step("unlock candidate", ann, nc_rpc_unlock(NC_DATASTORE_CANDIDATE));

  carol = dial();
  step("edit before the loss", carol, edit("Europe/Madrid"));
  step("commit before the loss", carol, commit(1, 600, NULL, NULL));
  step("running before the loss", bob, zone_of(NC_DATASTORE_RUNNING));
  nc_session_free(carol, NULL);
  until("reverted by the loss", bob, "Europe/Oslo");

  step("edit to persist", ann, edit("Europe/Vienna"));
  step("commit to persist", ann, commit(1, 600, "week 47", NULL));
  step("cancel", bob, nc_rpc_cancel("week 47", NC_PARAMTYPE_CONST));
  step("running after cancel", ann, zone_of(NC_DATASTORE_RUNNING));
  step("edit to persist again", ann, edit("Europe/Zurich"));
  step("commit to persist again", ann, commit(1, 600, "week 48", NULL));
  step("confirm by another", bob, commit(0, 0, NULL, "week 48"));
  step("running after all", ann, zone_of(NC_DATASTORE_RUNNING));

  step("subscribe", bob, nc_rpc_subscribe("NETCONF", NULL, NULL, NULL, NC_PARAMTYPE_CONST));
  step("edit to notify", ann, edit("Europe/Lisbon"));
  step("commit to notify", ann, commit(0, 0, NULL, NULL));
  for (;;) {
    if (nc_recv_notif(bob, PATIENCE, &envelope, &operation) != NC_MSG_NOTIF) {
      say("notification", "none");
      break;
    }
    if (!strcmp(LYD_NAME(operation), "netconf-config-change")) {
      say_tree("notification", envelope, operation);
      break;
    }
    lyd_free_tree(envelope), lyd_free_all(operation);
    envelope = operation = NULL;
  }
  lyd_free_tree(envelope), lyd_free_all(operation);
  step("get while subscribed", bob, zone_of(NC_DATASTORE_RUNNING));

  step("get by subtree", ann,
       nc_rpc_get("<netconf-state xmlns=\"" MONITORING "\"><sessions/></netconf-state>", NC_WD_UNKNOWN, NC_PARAMTYPE_CONST));
  step("get by xpath", ann,
       nc_rpc_get("/ietf-netconf-monitoring:netconf-state/sessions/session/session-id", NC_WD_UNKNOWN, NC_PARAMTYPE_CONST));
  step("with-defaults report-all", ann, nc_rpc_getconfig(NC_DATASTORE_RUNNING, NULL, NC_WD_ALL, NC_PARAMTYPE_CONST));
  step("with-defaults trim", ann, nc_rpc_getconfig(NC_DATASTORE_RUNNING, NULL, NC_WD_TRIM, NC_PARAMTYPE_CONST));
  step("get-data", ann,
       nc_rpc_getdata("ietf-datastores:running", "/sublane-headend:headend/time-zone", NULL, NULL, 0, 0, 0, 0, NC_WD_UNKNOWN,
                      NC_PARAMTYPE_CONST));
  step("get-data operational", ann,
       nc_rpc_getdata("ietf-datastores:operational", "/sublane-headend:headend", "true", NULL, 0, 0, 2, 1, NC_WD_ALL_TAG,
                      NC_PARAMTYPE_CONST));
  step("edit-data", ann,
       nc_rpc_editdata("ietf-datastores:candidate", NC_RPC_EDIT_DFLTOP_MERGE,
                       "<headend xmlns=\"" HEADEND "\"><time-zone>Europe/Paris</time-zone></headend>", NC_PARAMTYPE_CONST));
  step("get-data candidate", ann,
       nc_rpc_getdata("ietf-datastores:candidate", "/sublane-headend:headend/time-zone", NULL, NULL, 0, 0, 0, 0,
                      NC_WD_UNKNOWN, NC_PARAMTYPE_CONST));
  step("discard after edit-data", ann, nc_rpc_discard());
  step("get-schema", ann, nc_rpc_getschema("sublane-headend", NULL, "yang", NC_PARAMTYPE_CONST));
  step("kill", ann, nc_rpc_kill(nc_session_get_id(bob)));
  for (int attempt = 0; attempt < 100 && nc_session_get_status(bob) == NC_STATUS_RUNNING; attempt++) {
    nc_recv_notif(bob, 100, &envelope, &operation);
  }
  say("killed", nc_session_get_status(bob) == NC_STATUS_RUNNING ? "no" : "yes");
  nc_session_free(bob, NULL);
}

static const char *of(const char *name) {
  const char *value = getenv(name);
  return value ? value : "";
}

int main(void) {
  struct nc_session *session;
  const struct lys_module *module;
  uint32_t index = 0;

  transport = of("TRANSPORT"), host = of("HOST"), user = of("USER_NAME"), port = (uint16_t)atoi(of("PORT"));
  private_key = of("KEY"), public_key = of("KEY_PUBLIC"), certificate = of("CERTIFICATE"), certificate_key = of("CERTIFICATE_KEY");
  ca = of("CA");
  nc_client_init();
  nc_verbosity(NC_VERB_ERROR);
  nc_client_set_schema_searchpath(of("SCHEMAS"));
  nc_client_ssh_set_auth_hostkey_check_clb(trust, NULL);
  nc_client_ssh_ch_set_auth_hostkey_check_clb(trust, NULL);
  nc_client_ssh_set_auth_password_clb(no_password, NULL);
  nc_client_ssh_set_username(user);
  nc_client_ssh_ch_set_username(user);
  nc_client_ssh_set_auth_pref(NC_SSH_AUTH_PUBLICKEY, 10);
  nc_client_ssh_set_auth_pref(NC_SSH_AUTH_PASSWORD, -1);
  nc_client_ssh_set_auth_pref(NC_SSH_AUTH_INTERACTIVE, -1);
  nc_client_ssh_ch_set_auth_pref(NC_SSH_AUTH_PUBLICKEY, 10);
  nc_client_ssh_ch_set_auth_pref(NC_SSH_AUTH_PASSWORD, -1);
  nc_client_ssh_ch_set_auth_pref(NC_SSH_AUTH_INTERACTIVE, -1);
  if (*private_key) {
    nc_client_ssh_add_keypair(public_key, private_key);
    nc_client_ssh_ch_add_keypair(public_key, private_key);
  }
  if (*certificate) {
    nc_client_tls_set_cert_key_paths(certificate, certificate_key);
    nc_client_tls_set_trusted_ca_paths(ca, NULL);
    nc_client_tls_ch_set_cert_key_paths(certificate, certificate_key);
    nc_client_tls_ch_set_trusted_ca_paths(ca, NULL);
  }

  session = strncmp(transport, "call-home", 9) ? dial() : take_call();
  if (!session) {
    say("connect", "failed");
    return 1;
  }
  say("connect", nc_session_cpblt(session, "urn:ietf:params:netconf:base:1.1") ? "base:1.1" : "base:1.0");
  while ((module = ly_ctx_get_module_iter(nc_session_get_ctx(session), &index))) {
    if (module->implemented) say("module", module->name);
  }
  if (strncmp(transport, "call-home", 9)) {
    spend_the_day(session);
  } else {
    step("get by subtree", session,
         nc_rpc_get("<netconf-state xmlns=\"" MONITORING "\"><sessions/></netconf-state>", NC_WD_UNKNOWN, NC_PARAMTYPE_CONST));
  }
  nc_session_free(session, NULL);
  say("close", "done");
  nc_client_destroy();
  return 0;
}
