/* Types of leaves, and the small pieces of JSON that the writers of a schema share. */
#include "schema.h"
#include <stdio.h>
#include <string.h>

void write_number(const char *format, long long number)
{
    char text[32];

    snprintf(text, sizeof text, format, number);
    output_text(text);
}

void write_text_member(const char *name, const char *text)
{
    if (!text) return;
    output_char(',');
    output_member(name);
    output_json(text);
}

void write_flag(const char *name, int set)
{
    if (!set) return;
    output_char(',');
    output_member(name);
    output_text("true");
}

static const char *type_name(LY_DATA_TYPE type)
{
    static const char *const names[LY_DATA_TYPE_COUNT] = {
        [LY_TYPE_BINARY] = "binary", [LY_TYPE_UINT8] = "uint8", [LY_TYPE_UINT16] = "uint16", [LY_TYPE_UINT32] = "uint32",
        [LY_TYPE_UINT64] = "uint64", [LY_TYPE_STRING] = "string", [LY_TYPE_BITS] = "bits", [LY_TYPE_BOOL] = "boolean",
        [LY_TYPE_DEC64] = "decimal64", [LY_TYPE_EMPTY] = "empty", [LY_TYPE_ENUM] = "enumeration",
        [LY_TYPE_IDENT] = "identityref", [LY_TYPE_INST] = "instance-identifier", [LY_TYPE_LEAFREF] = "leafref",
        [LY_TYPE_UNION] = "union", [LY_TYPE_INT8] = "int8", [LY_TYPE_INT16] = "int16", [LY_TYPE_INT32] = "int32",
        [LY_TYPE_INT64] = "int64",
    };

    return type < LY_DATA_TYPE_COUNT && names[type] ? names[type] : "unknown";
}

/* Bounds of decimal64 are counted in units of the last digit: `fraction` digits go behind the point. */
static void write_bound(long long bound, int is_signed, unsigned fraction)
{
    char digits[40];
    size_t length;

    if (is_signed) snprintf(digits, sizeof digits, "%0*lld", (int)fraction + 1 + (bound < 0), bound);
    else snprintf(digits, sizeof digits, "%llu", (unsigned long long)bound);
    length = strlen(digits);
    output_write(digits, length - fraction);
    if (!fraction) return;
    output_char('.');
    output_text(digits + length - fraction);
}

static void write_range(const char *name, const struct lysc_range *range, int is_signed, unsigned fraction)
{
    LY_ARRAY_COUNT_TYPE at;

    if (!range) return;
    output_char(',');
    output_member(name);
    output_char('"');
    LY_ARRAY_FOR(range->parts, at) {
        if (at) output_text(" | ");
        write_bound(range->parts[at].min_64, is_signed, fraction);
        if (range->parts[at].min_64 != range->parts[at].max_64) {
            output_text("..");
            write_bound(range->parts[at].max_64, is_signed, fraction);
        }
    }
    output_char('"');
}

static void write_items(const char *name, const struct lysc_type_bitenum_item *items)
{
    LY_ARRAY_COUNT_TYPE at;

    output_char(',');
    output_member(name);
    output_char('[');
    LY_ARRAY_FOR(items, at) {
        if (at) output_char(',');
        output_json(items[at].name);
    }
    output_char(']');
}

static void write_patterns(const char *name, struct lysc_pattern **patterns, unsigned inverted)
{
    LY_ARRAY_COUNT_TYPE at;
    int count = 0;

    LY_ARRAY_FOR(patterns, at) {
        if (patterns[at]->inverted != inverted) continue;
        if (!count++) {
            output_char(',');
            output_member(name);
            output_char('[');
        } else {
            output_char(',');
        }
        output_json(patterns[at]->expr);
    }
    if (count) output_char(']');
}

/* Identities that data may name: derived from the base, in modules that are implemented. An identity may be derived by
 * more than one way and then appears more than once; the reader of the JSON drops the repetition. */
static void write_derived(const struct lysc_ident *identity, int *count)
{
    LY_ARRAY_COUNT_TYPE at;

    LY_ARRAY_FOR(identity->derived, at) {
        const struct lysc_ident *derived = identity->derived[at];

        if (derived->module->implemented) {
            if ((*count)++) output_char(',');
            output_text("{\"module\":");
            output_json(derived->module->name);
            write_text_member("name", derived->name);
            output_char('}');
        }
        write_derived(derived, count);
    }
}

void write_type(const struct lysc_type *type)
{
    LY_ARRAY_COUNT_TYPE at;
    int count = 0;

    output_text("{\"base\":");
    output_json(type_name(type->basetype));
    switch (type->basetype) {
    case LY_TYPE_UINT8: case LY_TYPE_UINT16: case LY_TYPE_UINT32: case LY_TYPE_UINT64:
        write_range("range", ((const struct lysc_type_num *)type)->range, 0, 0);
        break;
    case LY_TYPE_INT8: case LY_TYPE_INT16: case LY_TYPE_INT32: case LY_TYPE_INT64:
        write_range("range", ((const struct lysc_type_num *)type)->range, 1, 0);
        break;
    case LY_TYPE_DEC64:
        output_text(",\"fractionDigits\":");
        write_number("%lld", ((const struct lysc_type_dec *)type)->fraction_digits);
        write_range("range", ((const struct lysc_type_dec *)type)->range, 1, ((const struct lysc_type_dec *)type)->fraction_digits);
        break;
    case LY_TYPE_STRING:
        write_range("length", ((const struct lysc_type_str *)type)->length, 0, 0);
        write_patterns("patterns", ((const struct lysc_type_str *)type)->patterns, 0);
        write_patterns("invertedPatterns", ((const struct lysc_type_str *)type)->patterns, 1);
        break;
    case LY_TYPE_BINARY:
        write_range("length", ((const struct lysc_type_bin *)type)->length, 0, 0);
        break;
    case LY_TYPE_ENUM:
        write_items("enums", ((const struct lysc_type_enum *)type)->enums);
        output_text(",\"enumValues\":[");
        LY_ARRAY_FOR(((const struct lysc_type_enum *)type)->enums, at) {
            if (at) output_char(',');
            write_number("%lld", ((const struct lysc_type_enum *)type)->enums[at].value);
        }
        output_char(']');
        break;
    case LY_TYPE_BITS:
        write_items("bits", ((const struct lysc_type_bits *)type)->bits);
        break;
    case LY_TYPE_LEAFREF:
        write_text_member("path", lyxp_get_expr(((const struct lysc_type_leafref *)type)->path));
        output_text(",\"leafrefTarget\":");
        write_type(((const struct lysc_type_leafref *)type)->realtype);
        break;
    case LY_TYPE_IDENT:
        output_text(",\"identities\":[");
        LY_ARRAY_FOR(((const struct lysc_type_identityref *)type)->bases, at) {
            write_derived(((const struct lysc_type_identityref *)type)->bases[at], &count);
        }
        output_char(']');
        break;
    case LY_TYPE_UNION:
        output_text(",\"members\":[");
        LY_ARRAY_FOR(((const struct lysc_type_union *)type)->types, at) {
            if (at) output_char(',');
            write_type(((const struct lysc_type_union *)type)->types[at]);
        }
        output_char(']');
        break;
    default:
        break;
    }
    output_char('}');
}
