/* The output buffer: one piece of memory that grows, reused by every call. */
#include "lyw.h"
#include <stdlib.h>
#include <string.h>

#define KEEP_AT_MOST (1u << 20)

struct lyw_result result;

static char *input;
static size_t input_size;

static struct {
    char *data;
    size_t length, capacity;
    int failed;
} output;

EXPORT(lyw_result) struct lyw_result *lyw_result(void) { return &result; }

/* A place for at least `size` bytes of arguments; NULL when there is no memory. Its content does not survive. */
EXPORT(lyw_input) char *lyw_input(size_t size)
{
    if (size > input_size || (input_size > KEEP_AT_MOST && size <= KEEP_AT_MOST)) {
        free(input);
        input = malloc(size);
        input_size = input ? size : 0;
    }
    return input;
}

/* Ends this instance, as a bug in libyang would. For the tests of those who must survive it. */
EXPORT(lyw_trap) void lyw_trap(void) { __builtin_trap(); }

void output_clear(void)
{
    if (output.capacity > KEEP_AT_MOST) {
        free(output.data);
        output.data = NULL;
        output.capacity = 0;
    }
    output.length = 0;
    output.failed = 0;
    memset(&result, 0, sizeof result);
}

void output_write(const char *text, size_t length)
{
    if (output.length + length > output.capacity) {
        size_t capacity = (output.length + length) * 2 + 4096;
        char *data = realloc(output.data, capacity);

        if (!data) {
            output.failed = 1;
            return;
        }
        output.data = data;
        output.capacity = capacity;
    }
    memcpy(output.data + output.length, text, length);
    output.length += length;
}

void output_text(const char *text) { output_write(text, strlen(text)); }

void output_char(char character) { output_write(&character, 1); }

void output_json(const char *text)
{
    static const char hex[] = "0123456789abcdef";

    if (!text) {
        output_text("null");
        return;
    }
    output_char('"');
    for (;;) {
        const char *plain = text;

        while ((unsigned char)*text >= 0x20 && *text != '"' && *text != '\\') text++;
        output_write(plain, (size_t)(text - plain));
        if (!*text) break;
        if (*text == '"' || *text == '\\') {
            output_char('\\');
            output_char(*text);
        } else {
            char escape[6] = {'\\', 'u', '0', '0', hex[(*text >> 4) & 0xf], hex[*text & 0xf]};
            output_write(escape, sizeof escape);
        }
        text++;
    }
    output_char('"');
}

void output_member(const char *name)
{
    output_json(name);
    output_char(':');
}

LY_ERR output_finish(void)
{
    result.text = output.data;
    result.length = output.length;
    return output.failed ? LY_EMEM : LY_SUCCESS;
}

/* Printers call it only where shortcuts.c does not write for them. */
static ssize_t take(void *user, const void *text, size_t length)
{
    (void)user;
    output_write(text, length);
    return (ssize_t)length;
}

LY_ERR output_tree(const struct lyd_node *node, uint32_t format, uint32_t options)
{
    if (!node) return LY_SUCCESS;
    return lyd_print_clb(take, NULL, node, (LYD_FORMAT)format, options);
}
