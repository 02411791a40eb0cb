/* SPDX-License-Identifier: MIT */
/* help.c - the option table as text. */
#include <string.h>

#include "cli/help_pages.h"
#include "cli/options.h"

#define COLUMNS 80

/* Append text in lines of at most COLUMNS, each behind `indent` blanks. */
static void add_wrapped(struct th_bytes *b, const char *text, size_t indent)
{
    size_t column = 0;
    while (*text) {
        const size_t len = strcspn(text, " ");
        if (column > 0 && column + 1 + len > COLUMNS) {
            th_bytes_addc(b, '\n');
            column = 0;
        }
        if (column == 0) {
            th_bytes_addf(b, "%*s", (int)indent, "");
            column = indent;
        } else {
            th_bytes_addc(b, ' ');
            column++;
        }
        th_bytes_add(b, text, len);
        column += len;
        text += len + (text[len] == ' ');
    }
    th_bytes_addc(b, '\n');
}

/* "  -j, --jobs=N"; the number of columns it takes. */
static size_t add_option(struct th_bytes *b, const struct cli_option *option)
{
    const size_t start = b->len;
    if (option->letter)
        th_bytes_addf(b, "  -%c, --%s", option->letter, option->name);
    else
        th_bytes_addf(b, "      --%s", option->name);
    if (option->value) th_bytes_addf(b, "%s%s", *option->value == '[' ? "" : "=", option->value);
    return b->len - start;
}

static void add_pairs(struct th_bytes *b, const char *title, const struct cli_help_pair *pairs,
                      int width)
{
    if (!pairs) return;
    th_bytes_addf(b, "\n%s:\n", title);
    for (; pairs->word; pairs++)
        th_bytes_addf(b, "  %-*s  %s\n", width, pairs->word, pairs->meaning);
}

static void add_synopsis(struct th_bytes *b, const struct cli_help_page *page)
{
    for (size_t i = 0; i < sizeof page->synopsis / sizeof *page->synopsis && page->synopsis[i]; i++)
        th_bytes_addf(b, "%s %s\n", i == 0 ? "Usage:" : "      ", page->synopsis[i]);
}

static void add_brief(struct th_bytes *b)
{
    const size_t text_column = 29;
    th_bytes_adds(b, "Make thumbnails of every picture below SOURCE in DEST.\n\n");
    for (size_t i = 0; i < cli_n_options; i++) {
        const struct cli_option *option = &cli_options[i];
        if (!option->brief) continue;
        const size_t width = add_option(b, option);
        const size_t gap = width + 2 <= text_column ? text_column - width : 2;
        th_bytes_addf(b, "%*s%s\n", (int)gap, "", option->brief);
    }
}

/* Every option of a command explained, by group. */
static void add_options(struct th_bytes *b, enum cli_command command)
{
    const struct cli_option *options[CLI_MAX_OPTIONS];
    const size_t n = cli_options_of(command, options);
    for (int group = 0; group < CLI_N_GROUPS; group++) {
        bool titled = false;
        for (size_t i = 0; i < n; i++) {
            const struct cli_option *option = options[i];
            if (!option->help || option->group != (enum cli_group)group) continue;
            if (!titled) th_bytes_addf(b, "\n%s:\n", cli_group_titles[group]);
            titled = true;
            add_option(b, option);
            th_bytes_addc(b, '\n');
            add_wrapped(b, option->help, 10);
        }
    }
}

void cli_help(struct th_bytes *b, enum cli_command command, bool brief)
{
    const struct cli_help_page *page = &cli_help_pages[command];
    add_synopsis(b, page);
    if (brief && command == CLI_COMMAND_RUN) {
        add_brief(b);
        return;
    }
    th_bytes_addc(b, '\n');
    add_wrapped(b, page->about, 0);
    add_options(b, command);
    add_pairs(b, "Exit status", page->exit_statuses, 5);
    add_pairs(b, "Signals", page->signals, 14);
    add_pairs(b, "Examples", page->examples, page->example_width);
}
