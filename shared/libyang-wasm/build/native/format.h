#ifndef LYW_FORMAT_H
#define LYW_FORMAT_H

#include <stdarg.h>
#include <stddef.h>

/* Takes some text; not 0 when it cannot. */
typedef int (*format_sink)(void *to, const char *text, size_t length);

/* Whether a format has only %s, %*s, %.*s, %c and %%: what the printers of libyang use, but for two places. */
int format_is_simple(const char *format);

/* Formats such a one, piece by piece. */
int format_simple(format_sink sink, void *to, const char *format, va_list arguments);

/* vasprintf of libyang (platform.h). */
int lyw_vasprintf(char **text, const char *format, va_list arguments);

#endif
