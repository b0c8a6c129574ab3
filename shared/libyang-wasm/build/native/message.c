/* NETCONF messages. The lyw_read_* functions do all of a message in one call: parse, validate, print as JSON, free. */
#include "lyw.h"
#include <stdlib.h>
#include <string.h>

static const char *attribute_of(const struct lyd_node *envelope, const char *name)
{
    if (!envelope || envelope->schema) return NULL;
    for (const struct lyd_attr *attribute = ((const struct lyd_node_opaq *)envelope)->attr; attribute; attribute = attribute->next) {
        if (!strcmp(attribute->name.name, name)) return attribute->value;
    }
    return NULL;
}

static const char *child_value_of(const struct lyd_node *envelope, const char *name)
{
    const struct lyd_node *child = NULL;

    LY_LIST_FOR(lyd_child(envelope), child) {
        if (!strcmp(LYD_NAME(child), name)) return lyd_get_value(child);
    }
    return NULL;
}

/* <rpc-error> in a reply is for the caller's envelope codec: libyang only carries it. */
static int has_child(const struct lyd_node *envelope, const char *name)
{
    const struct lyd_node *child = NULL;

    LY_LIST_FOR(lyd_child(envelope), child) {
        if (!strcmp(LYD_NAME(child), name)) return 1;
    }
    return 0;
}

struct message {
    struct lyd_node *envelope, *operation;
    enum lyd_type type;
};

static void release(struct message *message)
{
    lyd_free_all(message->operation);
    lyd_free_all(message->envelope);
}

static LY_ERR parse(const struct lyw *lyw, const char *text, uint32_t format, struct message *message)
{
    struct ly_in *in;
    LY_ERR error = ly_in_new_memory(text, &in);

    if (error) return error;
    if (message->type == LYD_TYPE_REPLY_NETCONF) {
        error = lyd_parse_op(lyw->context, message->operation, in, (LYD_FORMAT)format, message->type, &message->envelope, NULL);
    } else if (message->type == LYD_TYPE_RPC_NETCONF || message->type == LYD_TYPE_NOTIF_NETCONF) {
        error = lyd_parse_op(lyw->context, NULL, in, (LYD_FORMAT)format, message->type, &message->envelope, &message->operation);
    } else {
        error = lyd_parse_op(lyw->context, NULL, in, (LYD_FORMAT)format, message->type, NULL, &message->operation);
    }
    ly_in_free(in, 0);
    return error;
}

static enum lyd_type bare(enum lyd_type type)
{
    switch (type) {
    case LYD_TYPE_RPC_NETCONF: return LYD_TYPE_RPC_YANG;
    case LYD_TYPE_REPLY_NETCONF: return LYD_TYPE_REPLY_YANG;
    case LYD_TYPE_NOTIF_NETCONF: return LYD_TYPE_NOTIF_YANG;
    default: return type;
    }
}

/* A slice of result.text behind what `length` covers. */
static void publish_aside(const char *text, struct lyw_slice *slice)
{
    if (!text) return;
    slice->start = result.length;
    slice->length = strlen(text);
    output_write(text, slice->length);
    result.length += slice->length;
}

static LY_ERR publish(const struct message *message)
{
    const struct lyd_node *operation = message->operation;
    LY_ERR error = output_finish();
    const size_t length = result.length;

    if (error) return error;
    if (message->type == LYD_TYPE_RPC_NETCONF) publish_aside(attribute_of(message->envelope, "message-id"), &result.id);
    if (message->type == LYD_TYPE_NOTIF_NETCONF) publish_aside(child_value_of(message->envelope, "eventTime"), &result.id);
    if (lyd_parent(operation)) {
        char *path = lyd_path(lyd_parent(operation), LYD_PATH_STD, NULL, 0);

        publish_aside(path, &result.parent);
        free(path);
    }
    error = output_finish();
    result.length = length;
    result.schema = operation->schema;
    result.module = operation->schema->module->name;
    result.name = operation->schema->name;
    return error;
}

/* The operation that a reply belongs to, without its input. */
static LY_ERR request(const struct lyw *lyw, const char *module_name, const char *name, struct message *message)
{
    const struct lys_module *module = ly_ctx_get_module_implemented(lyw->context, module_name);

    if (!module) return LY_ENOTFOUND;
    return lyd_new_inner(NULL, module, name, 0, &message->operation);
}

/* An action or nested notification belongs to a node that must be there (RFC 7950 7.15, 7.16), which libyang leaves to
 * its users. Says where it should be in result.parent. */
static LY_ERR find_parent(const struct message *message, const struct lyd_node *others)
{
    char *path;
    LY_ERR error;

    if (!others || !lyd_parent(message->operation)) return LY_SUCCESS;
    path = lyd_path(lyd_parent(message->operation), LYD_PATH_STD, NULL, 0);
    if (!path) return LY_EMEM;
    error = lyd_find_path(others, path, 0, NULL);
    if (error) {
        ly_err_clean((struct ly_ctx *)LYD_CTX(message->operation), NULL);
        output_clear();
        publish_aside(path, &result.parent);
        output_finish();
        error = LY_ENOTFOUND;
    }
    free(path);
    return error;
}

static LY_ERR parse_and_validate(const struct lyw *lyw, const char *text, uint32_t format, const struct lyd_node *others, struct message *message)
{
    LY_ERR error = parse(lyw, text, format, message);

    /* an empty input is no error to the parser */
    if (!error && !message->operation) error = LY_ENOT;
    if (!error) error = find_parent(message, others);
    if (!error) error = lyd_validate_op(message->operation, others, bare(message->type), NULL);
    return error;
}

/* result: JSON of the operation as RFC 7951 has it, its module and name, its message-id or eventTime.
 * `others` is what leafrefs and must of the message may look at besides it. */
EXPORT(lyw_read) LY_ERR lyw_read(const struct lyw *lyw, uint32_t type, const char *text, const struct lyd_node *others, uint32_t print_options)
{
    struct message message = {.type = (enum lyd_type)type};
    LY_ERR error;

    output_clear();
    ly_err_clean(lyw->context, NULL);
    error = parse_and_validate(lyw, text, LYD_XML, others, &message);
    if (!error) error = output_tree(message.operation, LYD_JSON, print_options);
    if (!error) error = publish(&message);
    release(&message);
    return error;
}

/* LY_EDENIED: the reply is an <rpc-error>. LY_ENOTFOUND: no such rpc. */
EXPORT(lyw_read_reply) LY_ERR lyw_read_reply(const struct lyw *lyw, const char *module, const char *name, const char *text, const struct lyd_node *others, uint32_t print_options)
{
    struct message message = {.type = LYD_TYPE_REPLY_NETCONF};
    LY_ERR error;

    output_clear();
    ly_err_clean(lyw->context, NULL);
    error = request(lyw, module, name, &message);
    if (!error) error = parse_and_validate(lyw, text, LYD_XML, others, &message);
    if (!error && has_child(message.envelope, "rpc-error")) error = LY_EDENIED;
    if (!error) error = output_tree(message.operation, LYD_JSON, print_options);
    if (!error) error = publish(&message);
    release(&message);
    return error;
}

/* As lyw_read, but the operation is kept: result.tree. A type of the _YANG kind has no envelope, and a reply of it names
 * its operation itself. */
EXPORT(lyw_operation_parse) LY_ERR lyw_operation_parse(const struct lyw *lyw, uint32_t type, const char *module, const char *name, const char *text, uint32_t format, const struct lyd_node *others)
{
    struct message message = {.type = (enum lyd_type)type};
    const int reply = type == LYD_TYPE_REPLY_NETCONF;
    LY_ERR error = LY_SUCCESS;

    output_clear();
    ly_err_clean(lyw->context, NULL);
    if (reply) error = request(lyw, module, name, &message);
    if (!error) error = parse_and_validate(lyw, text, format, others, &message);
    if (!error && reply && has_child(message.envelope, "rpc-error")) error = LY_EDENIED;
    if (!error) error = publish(&message);
    if (error) {
        release(&message);
        return error;
    }
    result.tree = message.operation;
    while (lyd_parent(result.tree)) result.tree = lyd_parent(result.tree);
    lyd_free_all(message.envelope);
    return error;
}
