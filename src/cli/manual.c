/* SPDX-License-Identifier: MIT */
/* manual.c - the manual page, in the macros of man(7). */
#include "cli/manual.h"

#include <string.h>

#include "cli/help_pages.h"
#include "thumbs/thumbs.h"

static const char *const command_names[CLI_N_COMMANDS] = {
    [CLI_COMMAND_RUN] = "thumbs",
    [CLI_COMMAND_BENCH] = "thumbs bench",
    [CLI_COMMAND_MERGE] = "thumbs merge",
};

/* A backslash begins an escape anywhere; a dash is a hyphen, which nobody can search for or paste,
 * unless it is escaped; a dot or a quote begins a request at the start of a line only. */
static void add_text(struct th_bytes *b, const char *text)
{
    const bool at_start = b->len == 0 || b->data[b->len - 1] == '\n';
    if (at_start && (*text == '.' || *text == '\'')) th_bytes_adds(b, "\\&");
    for (; *text; text++) {
        if (*text == '\\')
            th_bytes_adds(b, "\\e");
        else if (*text == '-')
            th_bytes_adds(b, "\\-");
        else if (*text == '\'')
            th_bytes_adds(b, "\\(aq");
        else if (*text == '^')
            th_bytes_adds(b, "\\(ha");
        else if (*text == '~')
            th_bytes_adds(b, "\\(ti");
        else
            th_bytes_addc(b, *text);
    }
}

static void add_line(struct th_bytes *b, const char *text)
{
    add_text(b, text);
    th_bytes_addc(b, '\n');
}

/* A heading in capitals. */
static void add_section(struct th_bytes *b, const char *title)
{
    th_bytes_adds(b, ".SH ");
    for (; *title; title++) {
        const bool is_small = *title >= 'a' && *title <= 'z';
        th_bytes_addc(b, is_small ? (char)(*title - 'a' + 'A') : *title);
    }
    th_bytes_addc(b, '\n');
}

/* A term in bold, and its explanation behind it. */
static void add_item(struct th_bytes *b, const char *term, const char *meaning)
{
    th_bytes_adds(b, ".TP\n\\fB");
    add_text(b, term);
    th_bytes_adds(b, "\\fR\n");
    add_line(b, meaning);
}

static void add_items(struct th_bytes *b, const char *title, const struct cli_help_pair *pairs)
{
    if (!pairs) return;
    th_bytes_addf(b, ".SS %s\n", title);
    for (; pairs->word; pairs++)
        add_item(b, pairs->word, pairs->meaning);
}

/* What --help shows as "-j, --jobs=N". */
static void add_option(struct th_bytes *b, const struct cli_option *option)
{
    th_bytes_adds(b, ".TP\n");
    if (option->letter) th_bytes_addf(b, "\\fB\\-%c\\fR, ", option->letter);
    th_bytes_adds(b, "\\fB\\-\\-");
    add_text(b, option->name);
    th_bytes_adds(b, "\\fR");
    if (option->value) {
        th_bytes_adds(b, *option->value == '[' ? "\\fI" : "=\\fI");
        add_text(b, option->value);
        th_bytes_adds(b, "\\fR");
    }
    th_bytes_addc(b, '\n');
    add_line(b, option->help);
}

static void add_group(struct th_bytes *b, enum cli_command command, enum cli_group group)
{
    const struct cli_option *options[CLI_MAX_OPTIONS];
    const size_t n = cli_options_of(command, options);
    bool titled = false;
    for (size_t i = 0; i < n; i++) {
        if (!options[i]->help || options[i]->group != group) continue;
        if (!titled) th_bytes_addf(b, ".SS %s\n", cli_group_titles[group]);
        titled = true;
        add_option(b, options[i]);
    }
}

static void add_command(struct th_bytes *b, enum cli_command command)
{
    const struct cli_help_page *page = &cli_help_pages[command];
    add_section(b, command == CLI_COMMAND_RUN ? "Description" : command_names[command]);
    add_line(b, page->about);
    if (command == CLI_COMMAND_RUN) add_section(b, "Options");
    for (int group = 0; group < CLI_N_GROUPS; group++)
        add_group(b, command, (enum cli_group)group);
    if (command == CLI_COMMAND_RUN) add_section(b, "Exit status, signals, examples");
    add_items(b, "Exit status", page->exit_statuses);
    add_items(b, "Signals", page->signals);
    add_items(b, "Examples", page->examples);
}

void cli_manual(struct th_bytes *b)
{
    const struct cli_help_page *page = &cli_help_pages[CLI_COMMAND_RUN];
    th_bytes_addf(b, ".TH THUMBS 1 \"\" \"thumbs %s\" \"User Commands\"\n", THUMBS_VERSION_STRING);
    th_bytes_adds(b, ".SH NAME\nthumbs \\- make thumbnails of whole folders of pictures\n");
    add_section(b, "Synopsis");
    for (size_t i = 0; page->synopsis[i]; i++) {
        if (i > 0) th_bytes_adds(b, ".br\n");
        add_line(b, page->synopsis[i]);
    }
    for (int command = 0; command < CLI_N_COMMANDS; command++)
        add_command(b, (enum cli_command)command);
}
