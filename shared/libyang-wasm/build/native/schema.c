/* The compiled schema of a context, written out as JSON for those who generate code or documents from it. */
#include "schema.h"
#include <string.h>

static void write_node(const struct lysc_node *node);
static void write_nodes(const struct lysc_node *node, int *count);

static const char *kind_of(const struct lysc_node *node)
{
    switch (node->nodetype) {
    case LYS_CONTAINER: return "container";
    case LYS_LIST: return "list";
    case LYS_LEAF: return "leaf";
    case LYS_LEAFLIST: return "leaf-list";
    case LYS_CHOICE: return "choice";
    case LYS_CASE: return "case";
    case LYS_RPC: return "rpc";
    case LYS_ACTION: return "action";
    case LYS_NOTIF: return "notification";
    case LYS_INPUT: return "input";
    case LYS_OUTPUT: return "output";
    case LYS_ANYDATA: return "anydata";
    default: return "anyxml";
    }
}

static void write_limits(uint32_t minimum, uint32_t maximum)
{
    if (minimum) {
        output_text(",\"minElements\":");
        write_number("%lld", minimum);
    }
    if (maximum != UINT32_MAX) {
        output_text(",\"maxElements\":");
        write_number("%lld", maximum);
    }
}

static void write_list(const struct lysc_node_list *list)
{
    const struct lysc_node *child = list->child;
    int count = 0;

    output_text(",\"keys\":[");
    for (; child && child->flags & LYS_KEY; child = child->next) {
        if (count++) output_char(',');
        output_json(child->name);
    }
    output_char(']');
    if (list->flags & LYS_ORDBY_USER) write_text_member("orderedBy", "user");
    write_limits(list->min, list->max);
}

static void write_leaf_list(const struct lysc_node_leaflist *leaves)
{
    LY_ARRAY_COUNT_TYPE at;

    if (leaves->flags & LYS_ORDBY_USER) write_text_member("orderedBy", "user");
    write_limits(leaves->min, leaves->max);
    write_text_member("units", leaves->units);
    if (leaves->dflts) {
        output_text(",\"defaults\":[");
        LY_ARRAY_FOR(leaves->dflts, at) {
            if (at) output_char(',');
            output_json(lyd_value_get_canonical(leaves->module->ctx, leaves->dflts[at]));
        }
        output_char(']');
    }
    output_text(",\"type\":");
    write_type(leaves->type);
}

static void write_leaf(const struct lysc_node_leaf *leaf)
{
    write_text_member("units", leaf->units);
    if (leaf->dflt) write_text_member("default", lyd_value_get_canonical(leaf->module->ctx, leaf->dflt));
    output_text(",\"type\":");
    write_type(leaf->type);
}

static void write_conditions(const struct lysc_node *node)
{
    struct lysc_when **whens = lysc_node_when(node);
    struct lysc_must *musts = lysc_node_musts(node);
    LY_ARRAY_COUNT_TYPE at;

    if (whens) {
        output_text(",\"when\":[");
        LY_ARRAY_FOR(whens, at) {
            if (at) output_char(',');
            output_json(lyxp_get_expr(whens[at]->cond));
        }
        output_char(']');
    }
    if (musts) {
        output_text(",\"must\":[");
        LY_ARRAY_FOR(musts, at) {
            if (at) output_char(',');
            output_json(lyxp_get_expr(musts[at].cond));
        }
        output_char(']');
    }
}

/* RFC 8341 9: libyang hands an extension of NACM down to the nodes below the one that has it. A node may so have both;
 * default-deny-all says more. */
static void write_nacm(const struct lysc_node *node)
{
    const char *rule = NULL;
    LY_ARRAY_COUNT_TYPE at;

    LY_ARRAY_FOR(node->exts, at) {
        const struct lysc_ext *extension = node->exts[at].def;

        if (strcmp(extension->module->name, "ietf-netconf-acm")) continue;
        if (!rule || !strcmp(extension->name, "default-deny-all")) rule = extension->name;
    }
    write_text_member("nacm", rule);
}

static void write_children(const struct lysc_node *node)
{
    const struct lysc_node *groups[] = {
        lysc_node_child(node),
        (const struct lysc_node *)lysc_node_actions(node),
        (const struct lysc_node *)lysc_node_notifs(node),
    };
    int count = 0;

    output_text(",\"children\":[");
    if (node->nodetype & (LYS_RPC | LYS_ACTION)) {
        write_node(&((const struct lysc_node_action *)node)->input.node);
        output_char(',');
        write_node(&((const struct lysc_node_action *)node)->output.node);
    } else {
        for (size_t at = 0; at < sizeof groups / sizeof *groups; at++) write_nodes(groups[at], &count);
    }
    output_char(']');
}

static void write_node(const struct lysc_node *node)
{
    output_text("{\"name\":");
    output_json(node->name);
    write_text_member("module", node->module->name);
    write_text_member("kind", kind_of(node));
    output_text(node->flags & LYS_CONFIG_W ? ",\"config\":true" : ",\"config\":false");
    write_flag("mandatory", node->flags & LYS_MAND_TRUE);
    write_text_member("description", node->dsc);
    if (node->flags & LYS_STATUS_DEPRC) write_text_member("status", "deprecated");
    if (node->flags & LYS_STATUS_OBSLT) write_text_member("status", "obsolete");
    write_conditions(node);
    write_nacm(node);
    switch (node->nodetype) {
    case LYS_CONTAINER:
        write_flag("presence", node->flags & LYS_PRESENCE);
        break;
    case LYS_LIST:
        write_list((const struct lysc_node_list *)node);
        break;
    case LYS_LEAFLIST:
        write_leaf_list((const struct lysc_node_leaflist *)node);
        break;
    case LYS_LEAF:
        write_leaf((const struct lysc_node_leaf *)node);
        break;
    default:
        break;
    }
    if (node->nodetype & (LYS_CHOICE | LYS_CASE | LYD_NODE_INNER | LYS_INPUT | LYS_OUTPUT)) write_children(node);
    output_char('}');
}

static void write_nodes(const struct lysc_node *node, int *count)
{
    /* The children of all cases of a choice are siblings: only those of one case are wanted. */
    const struct lysc_node *parent = node ? node->parent : NULL;

    for (; node && node->parent == parent; node = node->next) {
        if ((*count)++) output_char(',');
        write_node(node);
    }
}

static void write_group(const char *name, const struct lysc_node *nodes)
{
    int count = 0;

    output_char(',');
    output_member(name);
    output_char('[');
    write_nodes(nodes, &count);
    output_char(']');
}

/* The features that are on. */
static void write_features(const struct lys_module *module)
{
    const struct lysp_feature *feature = NULL;
    uint32_t at = 0;
    int count = 0;

    output_text(",\"features\":[");
    while ((feature = lysp_feature_next(feature, module->parsed, &at))) {
        if (!(feature->flags & LYS_FENABLED)) continue;
        if (count++) output_char(',');
        output_json(feature->name);
    }
    output_char(']');
}

static void write_submodules(const struct lys_module *module)
{
    LY_ARRAY_COUNT_TYPE at;

    output_text(",\"submodules\":[");
    LY_ARRAY_FOR(module->parsed->includes, at) {
        const struct lysp_submodule *submodule = module->parsed->includes[at].submodule;

        output_text(at ? ",{\"name\":" : "{\"name\":");
        output_json(submodule->name);
        if (submodule->revs) write_text_member("revision", submodule->revs[0].date);
        output_char('}');
    }
    output_char(']');
}

static void write_deviations(const struct lys_module *module)
{
    LY_ARRAY_COUNT_TYPE at;

    output_text(",\"deviatedBy\":[");
    LY_ARRAY_FOR(module->deviated_by, at) {
        if (at) output_char(',');
        output_json(module->deviated_by[at]->name);
    }
    output_char(']');
}

static int is_base(const struct lysc_ident *base, const struct lysc_ident *identity)
{
    LY_ARRAY_COUNT_TYPE at;

    LY_ARRAY_FOR(base->derived, at) {
        if (base->derived[at] == identity) return 1;
    }
    return 0;
}

/* libyang links an identity to those derived from it; the bases of one are found by asking all. */
static void write_bases(const struct ly_ctx *context, const struct lysc_ident *identity)
{
    const struct lys_module *module;
    uint32_t at_module = 0;
    LY_ARRAY_COUNT_TYPE at;
    int count = 0;

    while ((module = ly_ctx_get_module_iter(context, &at_module))) {
        LY_ARRAY_FOR(module->identities, at) {
            if (!is_base(&module->identities[at], identity)) continue;
            output_text(count++ ? ",{\"module\":" : "{\"module\":");
            output_json(module->name);
            write_text_member("name", module->identities[at].name);
            output_char('}');
        }
    }
}

static void write_identities(const struct lys_module *module)
{
    LY_ARRAY_COUNT_TYPE at;

    output_text(",\"identities\":[");
    LY_ARRAY_FOR(module->identities, at) {
        output_text(at ? ",{\"name\":" : "{\"name\":");
        output_json(module->identities[at].name);
        output_text(",\"bases\":[");
        write_bases(module->ctx, &module->identities[at]);
        output_char(']');
        write_text_member("description", module->identities[at].dsc);
        output_char('}');
    }
    output_char(']');
}

static void write_module(const struct lys_module *module)
{
    const struct lysc_module *compiled = module->compiled;

    output_text("{\"name\":");
    output_json(module->name);
    write_text_member("revision", module->revision);
    write_text_member("namespace", module->ns);
    write_text_member("prefix", module->prefix);
    write_text_member("description", module->dsc);
    output_text(module->implemented ? ",\"implemented\":true" : ",\"implemented\":false");
    write_text_member("yangVersion", module->parsed->version == LYS_VERSION_1_1 ? "1.1" : "1");
    write_features(module);
    write_submodules(module);
    write_deviations(module);
    write_group("nodes", compiled ? compiled->data : NULL);
    write_group("rpcs", compiled ? (const struct lysc_node *)compiled->rpcs : NULL);
    write_group("notifications", compiled ? (const struct lysc_node *)compiled->notifs : NULL);
    write_identities(module);
    output_char('}');
}

/* result.text: all modules of the context, implemented or only imported, as JSON. */
EXPORT(lyw_schema) LY_ERR lyw_schema(const struct lyw *lyw)
{
    const struct lys_module *module;
    uint32_t at = 0;
    int count = 0;

    output_clear();
    output_char('[');
    while ((module = ly_ctx_get_module_iter(lyw->context, &at))) {
        if (count++) output_char(',');
        write_module(module);
    }
    output_char(']');
    return output_finish();
}
