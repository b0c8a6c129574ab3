/* Functions of libyang that every message calls often, done with less work, and some that it does not do right. The
 * compiler is told to call these instead (SHORTCUTS in compile.mjs); libyang's sources stay as they are. */
#include "format.h"
#include "lyw.h"
#include "out_internal.h"
#include "plugins_types.h"
#include "xpath.h"
#include <stdlib.h>
#include <string.h>

/* For ly_write_. Our output buffer is the only callback there is: no call through a pointer, no copy in between. */
LY_ERR lyw_write_(struct ly_out *out, const char *text, size_t length)
{
    if (out->type != LY_OUT_CALLBACK || out->hole_count) return ly_write_(out, text, length);
    output_write(text, length);
    out->printed += length;
    out->func_printed += length;
    return LY_SUCCESS;
}

static int sink(void *to, const char *text, size_t length) { return lyw_write_(to, text, length) ? -1 : 0; }

/* For ly_print_, which formats into new memory first. */
LY_ERR lyw_print_(struct ly_out *out, const char *format, ...)
{
    LY_ERR error;
    char *text;
    va_list arguments;
    int length;

    va_start(arguments, format);
    if (format_is_simple(format)) {
        error = format_simple(sink, out, format, arguments) ? LY_EMEM : LY_SUCCESS;
    } else {
        length = lyw_vasprintf(&text, format, arguments);
        error = length < 0 ? LY_EMEM : lyw_write_(out, text, (size_t)length);
        free(text);
    }
    va_end(arguments);
    return error;
}

static struct {
    const struct ly_ctx *context;
    struct lys_module *module;
} last;

void shortcuts_forget(void) { memset(&last, 0, sizeof last); }

/* For ly_ctx_get_module_implemented_ns in the XML parser, which asks for every element and goes through all modules:
 * mostly it is the module of the element before. */
struct lys_module *lyw_module_of_namespace(const struct ly_ctx *context, const char *namespace)
{
    struct lys_module *module;

    if (last.context == context && !strcmp(last.module->ns, namespace)) return last.module;
    module = ly_ctx_get_module_implemented_ns(context, namespace);
    if (module) {
        last.context = context;
        last.module = module;
    }
    return module;
}

/* For plugins_node_instanceid: libyang's own type of a rule's path (RFC 8341, node-instance-identifier) refuses the
 * variable $USER, which the standard has there. Without it the path is what it is derived from, an xpath1.0. */
const struct lyplg_type_record lyw_no_type_plugins[] = {{0}};

/* For lyxp_expr_parse in the type xpath1.0, which keeps the tokens to print them: the $ of a variable is none of them. */
LY_ERR lyw_expr_parse(const struct ly_ctx *context, const char *text, size_t length, ly_bool reparse,
                      struct lyxp_expr **parsed)
{
    LY_ERR error = lyxp_expr_parse(context, text, length, reparse, parsed);
    uint32_t token;

    if (error) return error;
    for (token = 0; token < (*parsed)->used; token++) {
        if ((*parsed)->tokens[token] != LYXP_TOKEN_VARREF) continue;
        (*parsed)->tok_pos[token]--;
        (*parsed)->tok_len[token]++;
    }
    return LY_SUCCESS;
}
