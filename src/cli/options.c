/* SPDX-License-Identifier: MIT */
/* options.c - the parser. It knows words and dashes; what each option means stands in
 * option_table.c. */
#include "cli/options.h"

#include <stdlib.h>
#include <string.h>

#include "base/sys.h"
#include "cli/option_table.h"
#include "cli/origins.h"
#include "cli/preset.h"
#include "cli/refusals.h"
#include "report/report.h"

/* ---- messages -------------------------------------------------------------------------------- */

static enum thumbs_code refuse_unbuilt(const struct cli_option *option, struct th_bytes *message)
{
    th_bytes_addf(message, "--%s is not built yet in this version", option->name);
    return THUMBS_USAGE;
}

/* The options that a command takes. */
struct vocabulary {
    const struct cli_option *options[CLI_MAX_OPTIONS];
    size_t n;
};

static const struct cli_option *nearest(const struct vocabulary *known, const char *name,
                                        size_t len)
{
    return cli_nearest_option(known->options, known->n, name, len);
}

/* What other programs call what is here called otherwise, or not needed. */
static const char *habit_of(const char *name, size_t len)
{
    static const struct {
        const char *name, *hint;
    } habits[] = {{"r", "folders are always taken with all their contents"},
                  {"R", "folders are always taken with all their contents"},
                  {"recursive", "folders are always taken with all their contents"},
                  {"q", "did you mean --quiet (or -Q, the quality)?"},
                  {"V", "did you mean --version (or -v, --verbose)?"},
                  {"o", "the last name is the folder for the thumbnails"},
                  {"output", "the last name is the folder for the thumbnails"}};
    for (size_t i = 0; i < sizeof habits / sizeof *habits; i++) {
        if (strlen(habits[i].name) == len && memcmp(habits[i].name, name, len) == 0)
            return habits[i].hint;
    }
    return NULL;
}

static enum thumbs_code refuse_unknown(const struct vocabulary *known, const char *word,
                                       const char *name, size_t len, struct th_bytes *message)
{
    const struct cli_option *meant = nearest(known, name, len);
    const char *habit = habit_of(name, len);
    th_bytes_adds(message, "unknown option ");
    th_report_add_name(message, word, true);
    if (habit)
        th_bytes_addf(message, "; %s", habit);
    else if (meant)
        th_bytes_addf(message, "; did you mean --%s?", meant->name);
    return THUMBS_USAGE;
}

/* ---- words ----------------------------------------------------------------------------------- */

struct parser {
    struct vocabulary known;
    int argc;
    char *const *argv;
    int i_word; /* the next word to look at */
    struct cli_settings *settings;
    struct th_bytes *message;
};

static const struct cli_option *find_long(const struct vocabulary *known, const char *name,
                                          size_t len)
{
    for (size_t i = 0; i < known->n; i++) {
        const struct cli_option *option = known->options[i];
        if (strlen(option->name) == len && memcmp(option->name, name, len) == 0) return option;
    }
    return NULL;
}

static const struct cli_option *find_short(const struct vocabulary *known, char letter)
{
    for (size_t i = 0; letter && i < known->n; i++) {
        if (known->options[i]->letter == letter) return known->options[i];
    }
    return NULL;
}

/* A word that is none of the command's: an option of a run, or none at all. */
static enum thumbs_code refuse_foreign(const struct parser *parser, const char *word,
                                       const char *name, size_t len)
{
    const enum cli_command command = parser->settings->command;
    if (command != CLI_COMMAND_RUN && cli_find_run_option(name, len)) {
        const struct cli_option *meant = nearest(&parser->known, name, len);
        th_bytes_addf(parser->message, "--%.*s is no option of 'thumbs %s'", (int)len, name,
                      command == CLI_COMMAND_BENCH ? "bench" : "merge");
        if (meant) th_bytes_addf(parser->message, "; did you mean --%s?", meant->name);
        return THUMBS_USAGE;
    }
    return refuse_unknown(&parser->known, word, name, len, parser->message);
}

static enum thumbs_code note_origin(const struct parser *parser, const struct cli_option *option,
                                    const char *value)
{
    return cli_origin_add(parser->settings, option, value, 0) ? THUMBS_OK
                                                              : cli_no_memory(parser->message);
}

/* value: what stood with the option, or NULL; then the next word is it. */
static enum thumbs_code take_value(struct parser *parser, const struct cli_option *option,
                                   const char *value)
{
    struct cli_problem problem = {0};
    if (!value && parser->i_word < parser->argc) value = parser->argv[parser->i_word++];
    if (!value) {
        th_bytes_addf(parser->message, "--%s needs a value: %s", option->name, option->allowed);
        return THUMBS_USAGE;
    }
    if (cli_target_set(&option->to, parser->settings, value, &problem))
        return note_origin(parser, option, value);
    return cli_refuse_value(option, value, &problem, parser->message);
}

static enum thumbs_code take_flag(struct parser *parser, const struct cli_option *option)
{
    struct cli_problem problem = {0};
    if (cli_target_set(&option->to, parser->settings, NULL, &problem))
        return note_origin(parser, option, NULL);
    return cli_refuse_value(option, "", &problem, parser->message);
}

/* --name, --name=value, --name value */
static enum thumbs_code parse_long(struct parser *parser, const char *word)
{
    const char *const name = word + 2;
    const size_t len = strcspn(name, "=");
    const char *const value = name[len] ? name + len + 1 : NULL;
    const struct cli_option *option = find_long(&parser->known, name, len);
    if (!option) return refuse_foreign(parser, word, name, len);
    if (option->to.kind == CLI_NOT_BUILT) return refuse_unbuilt(option, parser->message);
    const bool left_out = option->value && *option->value == '[' && !value;
    if (option->value && !left_out) return take_value(parser, option, value);
    if (value) {
        th_bytes_addf(parser->message, "--%s=", option->name);
        th_report_add_name(parser->message, value, true);
        th_bytes_addf(parser->message, ": --%s takes no value", option->name);
        return THUMBS_USAGE;
    }
    return take_flag(parser, option);
}

/* -n, -nv, -j8, -nj8, -j 8 */
static enum thumbs_code parse_short(struct parser *parser, const char *word)
{
    for (const char *letter = word + 1; *letter; letter++) {
        const struct cli_option *option = find_short(&parser->known, *letter);
        enum thumbs_code code;
        if (!option) {
            /* A single dash before a long name is common enough to look for. */
            code = refuse_unknown(&parser->known, word, word + 1, strcspn(word + 1, "="),
                                  parser->message);
            if (word[2]) {
                th_bytes_adds(parser->message, " (no option is called -");
                th_report_add_name(parser->message, (const char[]){*letter, '\0'}, true);
                th_bytes_addc(parser->message, ')');
            }
            return code;
        }
        if (option->to.kind == CLI_NOT_BUILT) return refuse_unbuilt(option, parser->message);
        if (option->value) return take_value(parser, option, letter[1] ? letter + 1 : NULL);
        code = take_flag(parser, option);
        if (code != THUMBS_OK) return code;
        if (option->letter == 'h') {
            parser->settings->action = CLI_ACTION_BRIEF_HELP;
            return THUMBS_OK;
        }
    }
    return THUMBS_OK;
}

static enum thumbs_code parse_words(struct parser *parser)
{
    struct cli_settings *settings = parser->settings;
    bool options_end = false;
    while (parser->i_word < parser->argc && settings->action == CLI_ACTION_RUN) {
        const char *word = parser->argv[parser->i_word++];
        enum thumbs_code code = THUMBS_OK;
        if (options_end || word[0] != '-' || word[1] == '\0')
            settings->operands[settings->n_operands++] = word; /* "-" is a name like any other */
        else if (strcmp(word, "--") == 0)
            options_end = true;
        else if (word[1] == '-')
            code = parse_long(parser, word);
        else
            code = parse_short(parser, word);
        if (code != THUMBS_OK) return code;
    }
    /* Behind an action no word counts, but --version -v is what people type. */
    for (int i = parser->i_word; i < parser->argc; i++)
        if (strcmp(parser->argv[i], "-v") == 0 || strcmp(parser->argv[i], "--verbose") == 0)
            settings->verbose = true;
    return THUMBS_OK;
}

static enum thumbs_code check_bench(const struct cli_settings *settings, struct th_bytes *message)
{
    if (settings->n_operands == 0) {
        th_bytes_adds(message, "SOURCE is missing");
    } else if (settings->n_operands > 1) {
        th_bytes_adds(message, "'thumbs bench' takes one SOURCE; this is one too many: ");
        th_report_add_name(message, settings->operands[1], true);
    } else if (!*settings->operands[0]) {
        th_bytes_adds(message, "SOURCE is an empty name");
    }
    return message->len == 0 ? THUMBS_OK : THUMBS_USAGE;
}

/* An option that makes sense only for a run that ends by itself; NULL: none is given. */
static const char *foe_of_watch(const struct cli_settings *settings)
{
    if (settings->options.dry_run) return "--dry-run";
    if (settings->options.files_from) return "--files-from";
    if (settings->manifest) return "--manifest";
    return settings->gallery ? "--gallery" : NULL;
}

/* What can only be judged once all words are known. */
static enum thumbs_code check(struct cli_settings *settings, struct th_bytes *message)
{
    if (settings->quiet && settings->verbose) {
        th_bytes_adds(message,
                      "--quiet and --verbose exclude each other: only one of them is allowed");
    } else if (settings->keep_in_step && foe_of_watch(settings)) {
        th_bytes_addf(message, "--watch and %s exclude each other: it has no end to be told of",
                      foe_of_watch(settings));
    } else if (settings->options.files_from && settings->n_operands == 0) {
        th_bytes_adds(message, "DEST is missing");
    } else if (settings->options.files_from && settings->n_operands > 2) {
        th_bytes_adds(message, "--files-from takes one SOURCE; this is one too many: ");
        th_report_add_name(message, settings->operands[1], true);
    } else if (settings->n_operands == 0) {
        th_bytes_adds(message, "SOURCE and DEST are missing");
    } else if (settings->n_operands == 1 && !settings->options.files_from) {
        th_bytes_adds(message, "DEST is missing after SOURCE ");
        th_report_add_name(message, settings->operands[0], true);
    }
    for (size_t i = 0; i < settings->n_operands && message->len == 0; i++) {
        if (!*settings->operands[i])
            th_bytes_addf(message, "%s is an empty name",
                          i + 1 < settings->n_operands ? "a SOURCE" : "DEST");
    }
    return message->len == 0 ? THUMBS_OK : THUMBS_USAGE;
}

static enum thumbs_code check_merge(const struct cli_settings *settings, struct th_bytes *message)
{
    if (settings->n_operands == 0) th_bytes_adds(message, "REPORT is missing");
    for (size_t i = 0; i < settings->n_operands && message->len == 0; i++)
        if (!*settings->operands[i]) th_bytes_adds(message, "a REPORT is an empty name");
    return message->len == 0 ? THUMBS_OK : THUMBS_USAGE;
}

static enum thumbs_code check_command(struct cli_settings *settings, struct th_bytes *message)
{
    switch (settings->command) {
    case CLI_COMMAND_BENCH:
        return check_bench(settings, message);
    case CLI_COMMAND_MERGE:
        return check_merge(settings, message);
    default:
        return check(settings, message);
    }
}

static struct th_bench_config bench_defaults(void)
{
    return (struct th_bench_config){
        .n_runs = 5,
        .modes = {THUMBS_MODE_SYNC, THUMBS_MODE_THREADS, THUMBS_MODE_PROCESSES},
        .n_modes = 3,
        .ios = {THUMBS_IO_THREADS, THUMBS_IO_URING},
        .n_ios = 2,
        .n_io_jobs = 1,
        .jobs = {thumbs_cpus_usable()},
        .n_jobs = 1};
}

/* Put what was collected where it is used. */
static void settle(struct cli_settings *settings)
{
    settings->options.globs = (const char *const *)settings->globs;
    settings->options.n_globs = settings->n_globs;
    if (settings->command == CLI_COMMAND_BENCH) {
        settings->bench.source = settings->operands[0];
        settings->bench.options = settings->options;
        return;
    }
    if (settings->command == CLI_COMMAND_MERGE) return; /* its operands are all it needs */
    settings->is_pipe = settings->n_operands == 2 && strcmp(settings->operands[0], "-") == 0 &&
                        strcmp(settings->operands[1], "-") == 0;
    if (settings->is_pipe) return;
    settings->sources = settings->operands;
    settings->n_sources = settings->n_operands - 1;
    settings->dest = settings->operands[settings->n_sources];
    if (settings->n_sources > 0) return;
    static const char *const here[] = {"."}; /* --files-from without SOURCE */
    settings->sources = here;
    settings->n_sources = 1;
}

/* All the words, on top of what the settings say already. */
static enum thumbs_code parse(int argc, char *const *argv, struct cli_settings *settings,
                              struct th_bytes *message)
{
    struct parser parser = {
        .argc = argc, .argv = argv, .i_word = 1, .settings = settings, .message = message};

    /* A command is the first word only: anywhere else such a name is a SOURCE or DEST, as is
     * "./bench" in the first place. */
    if (argc > 1 && strcmp(argv[1], "merge") == 0) {
        settings->command = CLI_COMMAND_MERGE;
        parser.i_word++;
    }
    if (argc > 1 && strcmp(argv[1], "bench") == 0) {
        settings->command = CLI_COMMAND_BENCH;
        settings->bench = bench_defaults();
        parser.i_word++;
    }
    parser.known.n = cli_options_of(settings->command, parser.known.options);
    return parse_words(&parser);
}

static enum thumbs_code begin(int argc, struct cli_settings *settings, struct th_bytes *message)
{
    *settings = (struct cli_settings){0};
    thumbs_options_init(&settings->options);
    settings->operands = th_calloc((size_t)argc + 1, sizeof(*settings->operands));
    return settings->operands ? THUMBS_OK : cli_no_memory(message);
}

/* The words are read twice: once to know the preset, and once on top of what that says. */
static enum thumbs_code apply_preset(int argc, char *const *argv, struct cli_settings *settings,
                                     struct th_bytes *message)
{
    struct cli_settings first;
    enum thumbs_code code = begin(argc, &first, message);
    if (code == THUMBS_OK) code = parse(argc, argv, &first, message);
    const bool wanted = first.command == CLI_COMMAND_RUN && first.action == CLI_ACTION_RUN;
    settings->preset = first.preset;
    cli_settings_finish(&first);
    return code == THUMBS_OK && wanted ? cli_preset_apply(settings, message) : code;
}

enum thumbs_code cli_parse(int argc, char *const *argv, struct cli_settings *settings,
                           struct th_bytes *message)
{
    enum thumbs_code code = begin(argc, settings, message);
    if (code == THUMBS_OK) code = apply_preset(argc, argv, settings, message);
    if (code == THUMBS_OK) code = parse(argc, argv, settings, message);
    const bool run = settings->action == CLI_ACTION_RUN && !settings->print_options;
    if (code == THUMBS_OK && run) code = check_command(settings, message);
    if (code == THUMBS_OK && run) settle(settings);
    return th_bytes_failed(message) ? cli_no_memory(message) : code;
}

void cli_settings_finish(struct cli_settings *settings)
{
    for (size_t i = 0; i < settings->n_globs; i++)
        free(settings->globs[i]);
    free(settings->globs);
    free(settings->operands);
    cli_origins_finish(settings);
    *settings = (struct cli_settings){0};
}
