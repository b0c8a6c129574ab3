/* Data trees: parsing, printing, and what is done to them. A tree is its first top-level node; NULL is the empty tree. */
#include "lyw.h"
#include "schema_compile_node.h"
#include <libyang/plugins_types.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void begin(const struct lyw *lyw)
{
    output_clear();
    ly_err_clean(lyw->context, NULL);
}

EXPORT(lyw_tree_parse) LY_ERR lyw_tree_parse(const struct lyw *lyw, const char *text, uint32_t format, uint32_t parse_options, uint32_t validate_options)
{
    LY_ERR error;

    begin(lyw);
    error = lyd_parse_data_mem(lyw->context, text, (LYD_FORMAT)format, parse_options, validate_options, &result.tree);
    if (error) {
        lyd_free_all(result.tree);
        result.tree = NULL;
    }
    return error;
}

EXPORT(lyw_tree_free) void lyw_tree_free(struct lyd_node *tree) { lyd_free_all(tree); }

/* What a tree becomes is tried on a copy: a failure leaves the tree as it was. */
static LY_ERR copy_of(const struct lyd_node *tree, struct lyd_node **copy)
{
    *copy = NULL;
    if (!tree) return LY_SUCCESS;
    return lyd_dup_siblings(tree, NULL, LYD_DUP_RECURSIVE | LYD_DUP_WITH_FLAGS, copy);
}

static LY_ERR settle(LY_ERR error, struct lyd_node *tree, struct lyd_node *copy)
{
    lyd_free_all(error ? copy : tree);
    result.tree = error ? tree : copy;
    return error;
}

EXPORT(lyw_tree_duplicate) LY_ERR lyw_tree_duplicate(const struct lyw *lyw, const struct lyd_node *tree)
{
    begin(lyw);
    return copy_of(tree, &result.tree);
}

EXPORT(lyw_tree_validate) LY_ERR lyw_tree_validate(const struct lyw *lyw, struct lyd_node *tree, uint32_t options)
{
    struct lyd_node *copy;
    LY_ERR error;

    begin(lyw);
    error = copy_of(tree, &copy);
    if (!error) error = lyd_validate_all(&copy, lyw->context, options, NULL);
    return settle(error, tree, copy);
}

/* Adds the default values that the schema has for what is there, and checks nothing. */
EXPORT(lyw_tree_defaults) LY_ERR lyw_tree_defaults(const struct lyw *lyw, struct lyd_node *tree, uint32_t options)
{
    struct lyd_node *copy;
    LY_ERR error;

    begin(lyw);
    error = copy_of(tree, &copy);
    if (!error) error = lyd_new_implicit_all(&copy, lyw->context, options, NULL);
    return settle(error, tree, copy);
}

/* result.text: a value of a leaf or leaf-list as its type writes it; its prefixes are names of modules. */
EXPORT(lyw_canonical) LY_ERR lyw_canonical(const struct lyw *lyw, const char *path, const char *value)
{
    const struct lysc_node *node;
    const char *canonical = NULL;
    LY_ERR error;

    begin(lyw);
    node = lys_find_path(lyw->context, NULL, path, 0);
    if (!node) return LY_ENOTFOUND;
    error = lyd_value_validate(lyw->context, node, value, strlen(value), NULL, NULL, &canonical);
    if (error && error != LY_EINCOMPLETE) return error;
    output_text(canonical);
    lydict_remove(lyw->context, canonical);
    return output_finish();
}

/* Matches a text against a pattern of XML Schema, all of it: LY_SUCCESS, or LY_ENOT where it does not. */
EXPORT(lyw_matches) LY_ERR lyw_matches(const struct lyw *lyw, const char *pattern, const char *text)
{
    struct lysc_pattern item = {0};
    struct {
        LY_ARRAY_COUNT_TYPE count;
        struct lysc_pattern *items[1];
    } patterns = {.count = 1, .items = {&item}};
    struct ly_err_item *why = NULL;
    LY_ERR error;

    begin(lyw);
    error = lys_compile_type_pattern_check(lyw->context, pattern, &item.code);
    if (error) return error;
    error = lyplg_type_validate_patterns(patterns.items, text, strlen(text), &why);
    if (error && error != LY_EVALID) ly_err_print(lyw->context, why);
    ly_err_free(why);
    pcre2_code_free(item.code);
    return error == LY_EVALID ? LY_ENOT : error;
}

EXPORT(lyw_tree_diff) LY_ERR lyw_tree_diff(const struct lyw *lyw, const struct lyd_node *from, const struct lyd_node *to, uint32_t options)
{
    begin(lyw);
    return lyd_diff_siblings(from, to, (uint16_t)options, &result.tree);
}

/* A diff that creates a leaf leaves its default beside it, until somebody validates. */
static void drop_replaced_defaults(struct lyd_node **first)
{
    struct lyd_node *end, *next;

    for (struct lyd_node *start = *first; start; start = end) {
        const struct lysc_node *schema = start->schema;
        int defaults = 0, others = 0;

        /* instances of one schema node stand together */
        for (end = start; end && end->schema == schema; end = end->next) {
            if (end->flags & LYD_DEFAULT) defaults = 1;
            else others = 1;
        }
        if (!schema) continue;
        for (struct lyd_node *node = start; node != end; node = next) {
            next = node->next;
            if (schema->nodetype & LYD_NODE_INNER) {
                struct lyd_node *child = lyd_child(node);

                drop_replaced_defaults(&child);
            } else if (defaults && others && node->flags & LYD_DEFAULT) {
                if (node == *first) *first = next;
                lyd_free_tree(node);
            }
        }
    }
}

EXPORT(lyw_tree_apply) LY_ERR lyw_tree_apply(const struct lyw *lyw, struct lyd_node *tree, const struct lyd_node *diff)
{
    struct lyd_node *copy;
    LY_ERR error;

    begin(lyw);
    error = copy_of(tree, &copy);
    if (!error) error = lyd_diff_apply_all(&copy, diff);
    if (!error) drop_replaced_defaults(&copy);
    return settle(error, tree, copy);
}

EXPORT(lyw_tree_merge) LY_ERR lyw_tree_merge(const struct lyw *lyw, struct lyd_node *tree, const struct lyd_node *source)
{
    struct lyd_node *copy;
    LY_ERR error;

    begin(lyw);
    error = copy_of(tree, &copy);
    if (!error && source) error = lyd_merge_siblings(&copy, source, LYD_MERGE_WITH_FLAGS);
    return settle(error, tree, copy);
}

EXPORT(lyw_tree_print) LY_ERR lyw_tree_print(const struct lyw *lyw, const struct lyd_node *tree, uint32_t format, uint32_t options)
{
    LY_ERR error;

    begin(lyw);
    error = output_tree(tree, format, options);
    return error ? error : output_finish();
}

/* result.text: the nodes found, as JSON: [[pointer, schema kind, "path", "module", "name", value or null], …] */
EXPORT(lyw_tree_find) LY_ERR lyw_tree_find(const struct lyw *lyw, const struct lyd_node *tree, const char *xpath)
{
    struct ly_set *set = NULL;
    LY_ERR error;

    begin(lyw);
    error = tree ? lyd_find_xpath3(NULL, tree, xpath, NULL, &set) : LY_SUCCESS;
    if (error) return error;
    output_char('[');
    for (uint32_t at = 0; set && at < set->count; at++) {
        const struct lyd_node *node = set->dnodes[at];
        const struct lys_module *owner = lyd_owner_module(node);
        char *path = lyd_path(node, LYD_PATH_STD, NULL, 0);
        char numbers[40];

        snprintf(numbers, sizeof numbers, "%s[%lu,%d,", at ? "," : "", (unsigned long)(uintptr_t)node,
                node->schema ? (int)node->schema->nodetype : 0);
        output_text(numbers);
        output_json(path);
        output_char(',');
        output_json(owner ? owner->name : "");
        output_char(',');
        output_json(LYD_NAME(node));
        output_char(',');
        output_json(!node->schema || node->schema->nodetype & LYD_NODE_TERM ? lyd_get_value(node) : NULL);
        output_char(']');
        free(path);
    }
    output_char(']');
    ly_set_free(set, NULL);
    return output_finish();
}
