/* SPDX-License-Identifier: MIT */
#include "cli/print_options.h"

#include <string.h>

#include "cli/option_table.h"
#include "report/format.h"

enum { VALUE_COLUMN = 40 };

static void add_origin(struct th_bytes *b, const struct cli_settings *settings, unsigned line)
{
    if (line == 0) {
        th_bytes_adds(b, "command line");
        return;
    }
    th_report_add_name(b, settings->preset, true);
    th_bytes_addf(b, ", line %u", line);
}

static void add_value(struct th_bytes *b, const char *value)
{
    if (value)
        th_report_add_json_string(b, value); /* which a basic string of TOML is, too */
    else
        th_bytes_adds(b, "true");
}

/* The origin stands in one column, where it can. */
static void pad(struct th_bytes *b, size_t from)
{
    while (b->len - from < VALUE_COLUMN && !th_bytes_failed(b))
        th_bytes_addc(b, ' ');
    th_bytes_adds(b, " # ");
}

/* What was said of it last counts; of what may be repeated, all. */
static void add_set(struct th_bytes *b, const struct cli_settings *settings,
                    const struct cli_option *option, size_t last)
{
    const size_t from = b->len;
    const bool repeatable = cli_is_repeatable(option);
    bool any = false;
    unsigned told = UINT32_MAX;
    th_bytes_addf(b, "%s = %s", option->name, repeatable ? "[" : "");
    for (size_t i = repeatable ? 0 : last; i <= last; i++) {
        if (settings->origins[i].option != option) continue;
        if (any) th_bytes_adds(b, ", ");
        add_value(b, settings->origins[i].value);
        any = true;
    }
    if (repeatable) th_bytes_addc(b, ']');
    pad(b, from);
    any = false;
    for (size_t i = repeatable ? 0 : last; i <= last; i++) {
        if (settings->origins[i].option != option || settings->origins[i].line == told) continue;
        if (any) th_bytes_adds(b, "; ");
        told = settings->origins[i].line;
        add_origin(b, settings, told);
        any = true;
    }
    th_bytes_addc(b, '\n');
}

/* The help ends in "Default: off." */
static void add_default(struct th_bytes *b, const struct cli_option *option)
{
    static const char lead[] = "Default: ";
    const char *at = NULL;
    for (const char *p = option->help; (p = strstr(p, lead)); p++)
        at = p + sizeof lead - 1;
    const size_t len = at ? strlen(at) : 0;
    th_bytes_addf(b, "# %s: ", option->name);
    if (at)
        th_bytes_add(b, at, len - (at[len - 1] == '.'));
    else
        th_bytes_adds(b, option->value ? "none" : "off");
    th_bytes_addc(b, '\n');
}

static bool is_shown(const struct cli_option *option)
{
    return option->help && option->to.kind != CLI_NOT_BUILT && !cli_is_about_words(option);
}

void cli_print_options(struct th_bytes *b, const struct cli_settings *settings)
{
    for (size_t i = 0; i < cli_n_options; i++) {
        const struct cli_option *option = &cli_options[i];
        size_t last = settings->n_origins;
        if (!is_shown(option)) continue;
        while (last > 0 && settings->origins[last - 1].option != option)
            last--;
        if (last > 0)
            add_set(b, settings, option, last - 1);
        else
            add_default(b, option);
    }
}
