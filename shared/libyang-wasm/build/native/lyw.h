/* lyw: libyang behind functions of numbers and pointers, shaped so that one message costs one call into wasm.
 *
 * - Text goes in through one buffer (lyw_input) that the caller writes NUL-terminated UTF-8 into, and comes out through
 *   another (result.text, result.length) that stays valid until the next call.
 * - What a call hands back besides its LY_ERR is in `result`, whose address lyw_result gives once.
 * - Errors stay in the context; lyw_errors writes them out as JSON.
 */
#ifndef LYW_H
#define LYW_H

#include <libyang/libyang.h>
#include <stddef.h>
#include <stdint.h>

#define EXPORT(name) __attribute__((used, visibility("default"), export_name(#name)))

struct source;

struct lyw {
    struct ly_ctx *context;
    struct source *sources;
};

struct lyw_slice {
    uint32_t start, length;
};

struct lyw_result {
    const char *text; /* the output buffer */
    uint32_t length;
    struct lyd_node *tree; /* a data tree, now the caller's */
    /* Of a message: */
    const struct lysc_node *schema; /* its operation, */
    const char *module, *name;      /* valid as long as the context; */
    struct lyw_slice id;            /* message-id or eventTime, in text behind length; */
    struct lyw_slice parent;        /* the node that an action or nested notification belongs to, likewise. */
};

extern struct lyw_result result;

/* ---- the output buffer (output.c) ---- */

void output_clear(void);
void output_write(const char *text, size_t length);
void output_text(const char *text);
void output_char(char character);
/* A JSON string, or null. */
void output_json(const char *text);
void output_member(const char *name);
/* Publishes what was written as result.text; LY_EMEM when some of it found no room. */
LY_ERR output_finish(void);
LY_ERR output_tree(const struct lyd_node *node, uint32_t format, uint32_t options);

/* Before a context goes (shortcuts.c). */
void shortcuts_forget(void);

#endif
