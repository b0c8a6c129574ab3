/* Writers of a schema's JSON into the output buffer. The members follow another: each puts its comma before itself. */
#ifndef LYW_SCHEMA_H
#define LYW_SCHEMA_H

#include "lyw.h"

void write_number(const char *format, long long number);
/* Nothing where text is NULL. */
void write_text_member(const char *name, const char *text);
/* Nothing where the flag is not set. */
void write_flag(const char *name, int set);
void write_type(const struct lysc_type *type);

#endif
