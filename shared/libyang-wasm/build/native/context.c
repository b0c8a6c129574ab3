/* Contexts: a set of modules, loaded from texts that the caller handed over before. */
#include "lyw.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct source {
    struct source *next;
    char *name, *revision, *text;
    int yin;
};

/* The text of the module asked for: of that revision, or of the newest. */
static LY_ERR import(const char *module, const char *module_revision, const char *submodule,
        const char *submodule_revision, void *user, LYS_INFORMAT *format, const char **text,
        ly_module_imp_data_free_clb *release)
{
    const struct lyw *lyw = user;
    const struct source *found = NULL;
    const char *name = submodule ? submodule : module;
    const char *revision = submodule ? submodule_revision : module_revision;

    for (const struct source *source = lyw->sources; source; source = source->next) {
        if (strcmp(source->name, name)) continue;
        if (revision && *revision) {
            if (!strcmp(source->revision, revision)) found = source;
        } else if (!found || strcmp(source->revision, found->revision) > 0) {
            found = source;
        }
    }
    if (!found) return LY_ENOTFOUND;
    *format = found->yin ? LYS_IN_YIN : LYS_IN_YANG;
    *text = found->text;
    *release = NULL;
    return LY_SUCCESS;
}

EXPORT(lyw_context_new) struct lyw *lyw_context_new(uint32_t options)
{
    struct lyw *lyw = calloc(1, sizeof *lyw);
    const uint32_t always = LY_CTX_DISABLE_SEARCHDIRS | LY_CTX_DISABLE_SEARCHDIR_CWD | LY_CTX_EXPLICIT_COMPILE;

    if (!lyw) return NULL;
    ly_log_options(LY_LOSTORE);
    if (ly_ctx_new(NULL, (uint16_t)(options | always), &lyw->context)) {
        free(lyw);
        return NULL;
    }
    ly_ctx_set_module_imp_clb(lyw->context, import, lyw);
    return lyw;
}

EXPORT(lyw_context_free) void lyw_context_free(struct lyw *lyw)
{
    shortcuts_forget();
    ly_ctx_destroy(lyw->context);
    for (struct source *source = lyw->sources, *next; source; source = next) {
        next = source->next;
        free(source->name);
        free(source->revision);
        free(source->text);
        free(source);
    }
    free(lyw);
}

EXPORT(lyw_context_add) LY_ERR lyw_context_add(struct lyw *lyw, const char *name, const char *revision, const char *text, int yin)
{
    struct source *source = calloc(1, sizeof *source);

    if (!source) return LY_EMEM;
    source->next = lyw->sources;
    lyw->sources = source;
    source->name = strdup(name);
    source->revision = strdup(revision);
    source->text = strdup(text);
    source->yin = yin;
    return source->name && source->revision && source->text ? LY_SUCCESS : LY_EMEM;
}

/* features: names separated by spaces, "*" for all, "" for none. Not usable before lyw_context_compile. */
EXPORT(lyw_context_implement) LY_ERR lyw_context_implement(struct lyw *lyw, const char *name, const char *revision, const char *features)
{
    LY_ERR error = LY_SUCCESS;
    size_t count = 0, limit = strlen(features) / 2 + 2;
    const char **list = calloc(limit, sizeof *list);
    char *names = strdup(features), *rest = NULL;

    if (!list || !names) {
        error = LY_EMEM;
    } else {
        for (char *feature = strtok_r(names, " ", &rest); feature; feature = strtok_r(NULL, " ", &rest)) {
            list[count++] = feature;
        }
        if (!ly_ctx_load_module(lyw->context, name, *revision ? revision : NULL, list)) {
            error = ly_errcode(lyw->context);
            if (!error) error = LY_EOTHER;
        }
    }
    free(names);
    free(list);
    return error;
}

EXPORT(lyw_context_compile) LY_ERR lyw_context_compile(struct lyw *lyw) { return ly_ctx_compile(lyw->context); }

/* result.text: the module as YANG, printed anew. */
EXPORT(lyw_module_text) LY_ERR lyw_module_text(struct lyw *lyw, const char *name, const char *revision)
{
    const struct lys_module *module;
    char *text = NULL;
    LY_ERR error;

    output_clear();
    ly_err_clean(lyw->context, NULL);
    module = *revision ? ly_ctx_get_module(lyw->context, name, revision) : ly_ctx_get_module_implemented(lyw->context, name);
    if (!module && !*revision) module = ly_ctx_get_module_latest(lyw->context, name);
    if (!module) return LY_ENOTFOUND;
    error = lys_print_mem(&text, module, LYS_OUT_YANG, 0);
    if (!error) output_text(text);
    free(text);
    return error ? error : output_finish();
}

EXPORT(lyw_yang_library) LY_ERR lyw_yang_library(struct lyw *lyw, const char *content_id)
{
    output_clear();
    ly_err_clean(lyw->context, NULL);
    return ly_ctx_get_yanglib_data(lyw->context, &result.tree, "%s", content_id);
}

/* result.text: what was logged since the last call, oldest first, as JSON:
 * [[level, LY_ERR, LY_VECODE, path, app-tag, message], …] */
EXPORT(lyw_errors) LY_ERR lyw_errors(struct lyw *lyw)
{
    char numbers[48];

    output_clear();
    output_char('[');
    for (const struct ly_err_item *item = ly_err_first(lyw->context); item; item = item->next) {
        snprintf(numbers, sizeof numbers, "[%d,%d,%d,", (int)item->level, (int)item->no, (int)item->vecode);
        output_text(numbers);
        output_json(item->path);
        output_char(',');
        output_json(item->apptag);
        output_char(',');
        output_json(item->msg);
        output_text(item->next ? "]," : "]");
    }
    output_char(']');
    ly_err_clean(lyw->context, NULL);
    return output_finish();
}
