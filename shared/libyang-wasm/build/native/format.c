/* Formatting for libyang. wasi-libc's vasprintf formats twice through a FILE, which was more than half of the time of
 * printing a data tree; the simple formats are done here, any other goes to wasi-libc. */
#include "format.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int format_is_simple(const char *format)
{
    for (const char *at = format; (at = strchr(at, '%')); at++) {
        at++;
        if (at[0] == '*' && at[1] == 's') at += 1;
        else if (at[0] == '.' && at[1] == '*' && at[2] == 's') at += 2;
        else if (*at != 's' && *at != 'c' && *at != '%') return 0;
    }
    return 1;
}

static int pad(format_sink sink, void *to, int columns)
{
    static const char spaces[] = "                                ";
    const int most = (int)sizeof spaces - 1;

    for (; columns > 0; columns -= most) {
        if (sink(to, spaces, (size_t)(columns < most ? columns : most))) return -1;
    }
    return 0;
}

static int string(format_sink sink, void *to, const char *text, int width, int precision)
{
    size_t length;
    int padding;

    if (!text) text = "(null)";
    length = precision >= 0 ? strnlen(text, (size_t)precision) : strlen(text);
    padding = (width < 0 ? -width : width) - (int)length;
    if (width > 0 && pad(sink, to, padding)) return -1;
    if (sink(to, text, length)) return -1;
    return width < 0 ? pad(sink, to, padding) : 0;
}

int format_simple(format_sink sink, void *to, const char *format, va_list arguments)
{
    for (;; format++) {
        const char *literal = format;
        int width = 0, precision = -1, failed;

        while (*format && *format != '%') format++;
        if (format != literal && sink(to, literal, (size_t)(format - literal))) return -1;
        if (!*format) return 0;
        format++;
        if (*format == '*') {
            width = va_arg(arguments, int);
            format++;
        } else if (*format == '.') {
            precision = va_arg(arguments, int);
            format += 2;
        }
        if (*format == 's') {
            failed = string(sink, to, va_arg(arguments, const char *), width, precision);
        } else {
            char character = *format == 'c' ? (char)va_arg(arguments, int) : '%';
            failed = sink(to, &character, 1);
        }
        if (failed) return -1;
    }
}

struct text {
    char *data;
    size_t length, capacity;
};

static int append(void *to, const char *from, size_t length)
{
    struct text *text = to;
    size_t need = text->length + length + 1;

    if (need > text->capacity) {
        char *data = realloc(text->data, need + (need >> 1));

        if (!data) return -1;
        text->data = data;
        text->capacity = need + (need >> 1);
    }
    memcpy(text->data + text->length, from, length);
    text->length += length;
    return 0;
}

int lyw_vasprintf(char **out, const char *format, va_list arguments)
{
    struct text text = {0};

    *out = NULL;
    if (!format_is_simple(format)) return vasprintf(out, format, arguments);
    text.data = malloc(96);
    text.capacity = 96;
    if (!text.data || format_simple(append, &text, format, arguments)) {
        free(text.data);
        return -1;
    }
    text.data[text.length] = '\0';
    *out = text.data;
    return (int)text.length;
}
