/* SPDX-License-Identifier: MIT */
#include "cli/preset.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sys.h"
#include "cli/option_table.h"
#include "cli/origins.h"
#include "cli/refusals.h"
#include "cli/toml_read.h"
#include "report/report.h"

#define MAX_BYTES ((size_t)1 << 20)

static const char found_name[] = "thumbs.toml";

/* ---- one key --------------------------------------------------------------------------------- */

struct preset {
    struct cli_settings *settings;
    const char *name;
    struct th_bytes *message;
    enum thumbs_code code;
};

/* "thumbs.toml:3: " */
static void add_place(struct preset *p, unsigned line)
{
    th_report_add_name(p->message, p->name, true);
    th_bytes_addf(p->message, ":%u: ", line);
}

static bool refuse_key(struct preset *p, const struct cli_toml_value *value, const char *why)
{
    add_place(p, value->line);
    th_report_add_name(p->message, value->key, true);
    th_bytes_addf(p->message, " %s", why);
    p->code = THUMBS_USAGE;
    return false;
}

static bool refuse_unknown(struct preset *p, const struct cli_toml_value *value)
{
    const struct cli_option *known[CLI_MAX_OPTIONS];
    const size_t n = cli_options_of(CLI_COMMAND_RUN, known);
    const struct cli_option *meant = cli_nearest_option(known, n, value->key, strlen(value->key));
    refuse_key(p, value, "is no option");
    if (meant) th_bytes_addf(p->message, "; did you mean %s?", meant->name);
    return false;
}

/* Take a value (NULL: none) as the command line would. */
static bool take(struct preset *p, const struct cli_option *option, const char *text, unsigned line)
{
    struct cli_problem problem = {0};
    const struct cli_origin *origin = cli_origin_add(p->settings, option, text, line);
    if (!origin) {
        p->code = cli_no_memory(p->message);
        return false;
    }
    if (cli_target_set(&option->to, p->settings, origin->value, &problem)) return true;
    add_place(p, line);
    p->code = cli_refuse_value(option, text ? text : "", &problem, p->message);
    return false;
}

/* Several words are what commas part on the command line. */
static bool take_words(struct preset *p, const struct cli_option *option,
                       const struct cli_toml_value *value)
{
    struct th_bytes joined = {0};
    bool ok = true;
    if (cli_is_repeatable(option)) {
        for (size_t i = 0; i < value->n_words && ok; i++)
            ok = take(p, option, value->words[i], value->line);
        return ok;
    }
    for (size_t i = 0; i < value->n_words; i++) {
        if (i) th_bytes_addc(&joined, ',');
        th_bytes_adds(&joined, value->words[i]);
    }
    if (th_bytes_failed(&joined)) {
        p->code = cli_no_memory(p->message);
        ok = false;
    } else {
        ok = take(p, option, th_bytes_str(&joined), value->line);
    }
    th_bytes_finish(&joined);
    return ok;
}

static bool refuse_kind(struct preset *p, const struct cli_option *option,
                        const struct cli_toml_value *value)
{
    refuse_key(p, value, option->value ? "must be " : "must be true or false");
    if (option->value) th_bytes_adds(p->message, option->allowed);
    return false;
}

static bool on_value(void *user, const struct cli_toml_value *value)
{
    struct preset *p = user;
    const struct cli_option *option = cli_find_run_option(value->key, strlen(value->key));
    const bool is_flag = option && !option->value;
    const bool may_be_left_out = option && option->value && *option->value == '[';
    if (!option || (option->to.kind != CLI_NOT_BUILT && !option->help))
        return refuse_unknown(p, value);
    if (cli_is_about_words(option)) return refuse_key(p, value, "cannot be set in a preset");
    if (option->to.kind == CLI_NOT_BUILT)
        return refuse_key(p, value, "is not built yet in this version");
    switch (value->kind) {
    case CLI_TOML_TRUE:
        if (!is_flag && !may_be_left_out) break;
        return take(p, option, NULL, value->line);
    case CLI_TOML_FALSE:
        if (!is_flag && !may_be_left_out) break;
        return true; /* as if it did not stand there */
    case CLI_TOML_WORDS:
        if (is_flag || value->n_words == 0) break;
        return take_words(p, option, value);
    case CLI_TOML_OTHER:
        break;
    }
    return refuse_kind(p, option, value);
}

/* ---- the file -------------------------------------------------------------------------------- */

static enum thumbs_code refuse_file(struct preset *p, const char *why)
{
    th_report_add_name(p->message, p->name, true);
    th_bytes_addf(p->message, ": %s", why);
    return THUMBS_USAGE;
}

/* A folder that others may write to, as one of uploads, could tell who works in it what to do. */
static bool is_of_this_user(int fd)
{
    struct stat st;
    return fstat(fd, &st) == 0 && (st.st_uid == geteuid() || st.st_uid == 0);
}

static enum thumbs_code parse(struct preset *p, const char *text, size_t len)
{
#if THUMBS_WITH_TOML
    char why[160];
    unsigned line;
    if (cli_toml_read(text, len, on_value, p, &line, why, sizeof why)) return THUMBS_OK;
    if (p->code != THUMBS_OK) return p->code;
    if (line == 0) return refuse_file(p, why);
    add_place(p, line);
    th_report_add_escaped(p->message, why, true);
    return THUMBS_USAGE;
#else
    (void)text;
    (void)on_value;
    return len == 0 ? THUMBS_OK : refuse_file(p, "this build cannot read presets");
#endif
}

static enum thumbs_code read_file(struct preset *p, int fd)
{
    char *text = th_alloc(MAX_BYTES + 1);
    enum thumbs_code code;
    if (!text) return cli_no_memory(p->message);
    const ssize_t len = th_read_full(fd, text, MAX_BYTES + 1);
    if (len < 0)
        code = refuse_file(p, strerror(errno));
    else if ((size_t)len > MAX_BYTES)
        code = refuse_file(p, "is larger than 1M");
    else
        code = parse(p, text, (size_t)len);
    free(text);
    return code;
}

enum thumbs_code cli_preset_apply(struct cli_settings *settings, struct th_bytes *message)
{
    const bool named = settings->preset != NULL;
    struct preset p = {
        .settings = settings, .name = named ? settings->preset : found_name, .message = message};
    const int fd = th_openat(AT_FDCWD, p.name, O_RDONLY | O_NOCTTY, 0);
    if (fd < 0 && !named && errno == ENOENT) return THUMBS_OK;
    if (fd < 0) return refuse_file(&p, strerror(errno));
    enum thumbs_code code;
    if (!named && !is_of_this_user(fd))
        code = refuse_file(&p, "belongs to another user; --preset=thumbs.toml takes it all the "
                               "same, --preset=/dev/null does without");
    else
        code = read_file(&p, fd);
    close(fd);
    settings->preset = p.name;
    settings->preset_found = !named;
    return code;
}
