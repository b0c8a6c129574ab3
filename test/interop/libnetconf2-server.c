/* A NETCONF server on libnetconf2: over SSH and TLS, and calling a client home over both. It answers <get> with what it is. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libyang/libyang.h>

#include <nc_server.h>

static struct nc_pollsession *sessions;

static const char *of(const char *name) {
  const char *value = getenv(name);
  return value ? value : "";
}

static int host_key(const char *name, void *data, char **path, char **text, NC_SSH_KEY_TYPE *type) {
  (void)name, (void)data, (void)text, (void)type;
  *path = strdup(of("HOST_KEY"));
  return 0;
}

static int certificate(const char *name, void *data, char **path, char **text, char **key_path, char **key_text,
                       NC_SSH_KEY_TYPE *type) {
  (void)name, (void)data, (void)text, (void)key_text, (void)type;
  *path = strdup(of("CERTIFICATE"));
  *key_path = strdup(of("CERTIFICATE_KEY"));
  return 0;
}

/* The authorities are in a file of their own; it asks all the same. */
static int no_list(const char *name, void *data, char ***paths, int *path_count, char ***texts, int *text_count) {
  (void)name, (void)data, (void)paths, (void)texts;
  *path_count = *text_count = 0;
  return 0;
}

static int called(const char *client, struct nc_session *session) {
  printf("called %s\n", client);
  fflush(stdout);
  return nc_ps_add_session(sessions, session);
}

static struct nc_server_reply *answer(struct lyd_node *rpc, struct nc_session *session) {
  (void)session;
  struct lyd_node *output = NULL;
  if (strcmp(LYD_NAME(rpc), "get")) return nc_server_reply_err(nc_err(LYD_CTX(rpc), NC_ERR_OP_NOT_SUPPORTED, NC_ERR_TYPE_PROT));
  if (lyd_new_path(NULL, LYD_CTX(rpc), "/ietf-netconf:get", NULL, 0, &output)) return NULL;
  if (lyd_new_any(output, NULL, "data", "<peer xmlns=\"urn:example:peer\">libnetconf2</peer>", 0, LYD_ANYDATA_XML, 1, NULL)) return NULL;
  return nc_server_reply_data(output, NC_WD_UNKNOWN, NC_PARAMTYPE_FREE);
}

#define CHECK(what) if (what) { fprintf(stderr, "failed: %s\n", #what); return 1; }

int main(void) {
  struct ly_ctx *context;
  struct nc_session *session;
  const char *features[] = {"*", NULL};
  uint16_t ssh_port = (uint16_t)atoi(of("SSH_PORT")), tls_port = (uint16_t)atoi(of("TLS_PORT"));
  uint16_t ssh_home = (uint16_t)atoi(of("SSH_HOME")), tls_home = (uint16_t)atoi(of("TLS_HOME"));

  CHECK(ly_ctx_new(of("SCHEMAS"), 0, &context));
  CHECK(!ly_ctx_load_module(context, "ietf-netconf", NULL, features));
  CHECK(!ly_ctx_load_module(context, "ietf-netconf-monitoring", NULL, NULL));
  nc_verbosity(NC_VERB_WARNING);
  CHECK(nc_server_init(context));
  nc_set_global_rpc_clb(answer);
  nc_server_ssh_set_hostkey_clb(host_key, NULL, NULL);
  nc_server_tls_set_server_cert_clb(certificate, NULL, NULL);
  nc_server_tls_set_trusted_cert_list_clb(no_list, NULL, NULL);
  CHECK(nc_server_ssh_add_authkey_path(of("USER_KEY"), of("USER_NAME")));
  sessions = nc_ps_new();

  CHECK(nc_server_add_endpt("ssh", NC_TI_LIBSSH));
  CHECK(nc_server_endpt_set_address("ssh", "127.0.0.1"));
  CHECK(nc_server_endpt_set_port("ssh", ssh_port));
  CHECK(nc_server_ssh_endpt_add_hostkey("ssh", "key", -1));
  CHECK(nc_server_add_endpt("tls", NC_TI_OPENSSL));
  CHECK(nc_server_endpt_set_address("tls", "127.0.0.1"));
  CHECK(nc_server_endpt_set_port("tls", tls_port));
  CHECK(nc_server_tls_endpt_set_server_cert("tls", "certificate"));
  CHECK(nc_server_tls_endpt_set_trusted_ca_paths("tls", of("CA"), NULL));
  CHECK(nc_server_tls_endpt_add_ctn("tls", 1, of("FINGERPRINT"), NC_TLS_CTN_COMMON_NAME, NULL));

  CHECK(nc_server_ch_add_client("by-ssh"));
  CHECK(nc_server_ch_client_add_endpt("by-ssh", "one", NC_TI_LIBSSH));
  CHECK(nc_server_ch_client_endpt_set_address("by-ssh", "one", "127.0.0.1"));
  CHECK(nc_server_ch_client_endpt_set_port("by-ssh", "one", ssh_home));
  CHECK(nc_server_ssh_ch_client_endpt_add_hostkey("by-ssh", "one", "key", -1));
  CHECK(nc_server_ch_client_set_conn_type("by-ssh", NC_CH_PERSIST));
  CHECK(nc_server_ch_add_client("by-tls"));
  CHECK(nc_server_ch_client_add_endpt("by-tls", "one", NC_TI_OPENSSL));
  CHECK(nc_server_ch_client_endpt_set_address("by-tls", "one", "127.0.0.1"));
  CHECK(nc_server_ch_client_endpt_set_port("by-tls", "one", tls_home));
  CHECK(nc_server_tls_ch_client_endpt_set_server_cert("by-tls", "one", "certificate"));
  CHECK(nc_server_tls_ch_client_endpt_set_trusted_ca_paths("by-tls", "one", of("CA"), NULL));
  CHECK(nc_server_tls_ch_client_endpt_add_ctn("by-tls", "one", 1, of("FINGERPRINT"), NC_TLS_CTN_COMMON_NAME, NULL));
  CHECK(nc_server_ch_client_set_conn_type("by-tls", NC_CH_PERSIST));
  CHECK(nc_connect_ch_client_dispatch("by-ssh", called));
  CHECK(nc_connect_ch_client_dispatch("by-tls", called));

  printf("ready\n");
  fflush(stdout);
  for (;;) {
    if (nc_accept(50, &session) == NC_MSG_HELLO) nc_ps_add_session(sessions, session);
    if (nc_ps_poll(sessions, 0, &session) & NC_PSPOLL_SESSION_TERM) {
      nc_ps_del_session(sessions, session);
      nc_session_free(session, NULL);
    }
  }
}
