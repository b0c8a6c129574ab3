/* vasprintf for libyang. wasi-libc formats twice through a FILE, which was more than half of the time of printing a data
 * tree. What the printers of libyang use (%s, %*s, %.*s, %c, %%) is done here; any other format goes to wasi-libc. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct text {
    char *data;
    size_t length, capacity;
};

static int room(struct text *text, size_t more)
{
    size_t need = text->length + more + 1;
    char *data;

    if (need <= text->capacity) return 0;
    need += need >> 1;
    data = realloc(text->data, need);
    if (!data) return -1;
    text->data = data;
    text->capacity = need;
    return 0;
}

static int append(struct text *text, const char *from, size_t length)
{
    if (room(text, length)) return -1;
    memcpy(text->data + text->length, from, length);
    text->length += length;
    return 0;
}

static int pad(struct text *text, size_t width)
{
    if (room(text, width)) return -1;
    memset(text->data + text->length, ' ', width);
    text->length += width;
    return 0;
}

/* Only conversions that string_into knows; a width or precision comes as an argument. */
static int is_simple(const char *format)
{
    for (const char *at = format; (at = strchr(at, '%')); at++) {
        at++;
        if (at[0] == '*' && at[1] == 's') at += 1;
        else if (at[0] == '.' && at[1] == '*' && at[2] == 's') at += 2;
        else if (*at != 's' && *at != 'c' && *at != '%') return 0;
    }
    return 1;
}

static int string_into(struct text *text, const char *string, int width, int precision)
{
    size_t length, columns = (size_t)(width < 0 ? -width : width), padding;

    if (!string) string = "(null)";
    length = precision >= 0 ? strnlen(string, (size_t)precision) : strlen(string);
    padding = columns > length ? columns - length : 0;
    if (width > 0 && pad(text, padding)) return -1;
    if (append(text, string, length)) return -1;
    return width < 0 ? pad(text, padding) : 0;
}

static int format_into(struct text *text, const char *format, va_list arguments)
{
    while (*format) {
        const char *literal = format;
        int width = 0, precision = -1, failed;

        while (*format && *format != '%') format++;
        if (append(text, literal, (size_t)(format - literal))) return -1;
        if (!*format) break;
        format++;
        if (*format == '*') {
            width = va_arg(arguments, int);
            format++;
        } else if (*format == '.') {
            precision = va_arg(arguments, int);
            format += 2;
        }
        if (*format == 's') {
            failed = string_into(text, va_arg(arguments, const char *), width, precision);
        } else {
            char character = *format == 'c' ? (char)va_arg(arguments, int) : '%';
            failed = append(text, &character, 1);
        }
        if (failed) return -1;
        format++;
    }
    text->data[text->length] = '\0';
    return 0;
}

int lyw_vasprintf(char **out, const char *format, va_list arguments)
{
    struct text text = {0};

    if (!is_simple(format)) return vasprintf(out, format, arguments);
    if (room(&text, 95) || format_into(&text, format, arguments)) {
        free(text.data);
        *out = NULL;
        return -1;
    }
    *out = text.data;
    return (int)text.length;
}
