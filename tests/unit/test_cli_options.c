/* SPDX-License-Identifier: MIT */
/* The command line: parser, its messages, the help, and the writer of lines. */
#include <criterion/criterion.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/lines.h"
#include "cli/option_table.h"
#include "cli/options.h"

#define MAX_WORDS 64

struct parsed {
    struct cli_settings settings;
    struct th_bytes message;
    enum thumbs_code code;
};

/* `words` up to NULL, without the program's name. */
static struct parsed parse(const char *const *words)
{
    struct parsed p = {0};
    char *argv[MAX_WORDS] = {(char *)"thumbs"};
    int argc = 1;
    while (*words)
        argv[argc++] = (char *)*words++;
    p.code = cli_parse(argc, argv, &p.settings, &p.message);
    return p;
}
#define PARSE(...) parse((const char *const[]){__VA_ARGS__, NULL})

static void finish(struct parsed *p)
{
    cli_settings_finish(&p->settings);
    th_bytes_finish(&p->message);
}

static void expect_ok(const struct parsed *p)
{
    cr_assert_eq(p->code, THUMBS_OK, "%s", th_bytes_str(&p->message));
    cr_expect_str_eq(th_bytes_str(&p->message), "");
}

static void expect_usage(struct parsed p, const char *message)
{
    cr_expect_eq(p.code, THUMBS_USAGE, "%s", message);
    cr_expect_str_eq(th_bytes_str(&p.message), message);
    finish(&p);
}
/* One option before two names. */
#define EXPECT_REFUSED(option, message) expect_usage(PARSE(option, "in", "out"), message)

Test(parse, defaults_are_those_of_the_library)
{
    struct thumbs_options defaults;
    struct parsed p = PARSE("in", "out");
    expect_ok(&p);
    thumbs_options_init(&defaults);
    cr_expect_eq(memcmp(&p.settings.options, &defaults, sizeof(defaults)), 0);
    cr_expect_eq(p.settings.n_sources, 1);
    cr_expect_str_eq(p.settings.sources[0], "in");
    cr_expect_str_eq(p.settings.dest, "out");
    cr_expect_eq(p.settings.progress, CLI_PROGRESS_AUTO);
    cr_expect_null(p.settings.report);
    finish(&p);
}

Test(parse, defaults_are_those_of_the_help)
{
    struct thumbs_options o;
    thumbs_options_init(&o);
    cr_expect_eq(o.image.n_sizes, 1);
    cr_expect(o.image.sizes[0].width == 256 && o.image.sizes[0].height == 256 &&
              o.image.sizes[0].square);
    cr_expect_eq(o.image.n_formats, 1);
    cr_expect_eq(o.image.formats[0], THUMBS_FORMAT_JPEG);
    cr_expect_eq(o.image.quality, 80);
    cr_expect_eq(o.image.fit, THUMBS_FIT_INSIDE);
    cr_expect_eq(o.image.max_pixels, 500000000);
    cr_expect_eq(o.queue_bytes, 256u << 20);
    cr_expect_eq(o.max_bytes, 1u << 30);
    cr_expect_float_eq(o.timeout_seconds, 60, 0);
    cr_expect_eq(o.mode, THUMBS_MODE_PROCESSES);
}

Test(parse, every_option_that_is_built)
{
    struct parsed p =
        PARSE("-j8", "--mode=sync", "in1", "--io", "threads", "--io-jobs=3", "--queue=5",
              "--queue-bytes=2M", "--size=64,128x96,200x,x50", "--fit=inside", "--enlarge",
              "--fast", "--linear", "--format=png,keep", "-Q", "7", "--include=*.jpg", "--exclude",
              "x/**", "--include=-", "--hidden", "--follow", "--force", "--dry-run", "--fail-fast",
              "--on-damage=fail", "--timeout=2.5", "--max-pixels=1000", "--max-bytes=3k",
              "--name={stem}.{ext}", "--progress=never", "-v", "--report=-", "--retry-failed",
              "--one-file-system", "in2", "out");
    const struct thumbs_options *o = &p.settings.options;
    expect_ok(&p);
    cr_expect_eq(o->jobs, 8);
    cr_expect_eq(o->mode, THUMBS_MODE_SYNC);
    cr_expect_eq(o->io_jobs, 3);
    cr_expect_eq(o->queue_items, 5);
    cr_expect_eq(o->queue_bytes, 2u << 20);
    cr_expect_eq(o->image.n_sizes, 4);
    const struct thumbs_size sizes[] = {
        {64, 64, true}, {128, 96, false}, {200, 0, false}, {0, 50, false}};
    for (int i = 0; i < 4; i++) {
        cr_expect_eq(o->image.sizes[i].width, sizes[i].width);
        cr_expect_eq(o->image.sizes[i].height, sizes[i].height);
        cr_expect_eq(o->image.sizes[i].square, sizes[i].square);
    }
    cr_expect_eq(o->image.enlarge, 1);
    cr_expect_eq(o->image.fast, 1);
    cr_expect_eq(o->image.linear, 1);
    cr_expect_eq(o->image.n_formats, 2);
    cr_expect_eq(o->image.formats[0], THUMBS_FORMAT_PNG);
    cr_expect_eq(o->image.formats[1], THUMBS_FORMAT_KEEP);
    cr_expect_eq(o->image.quality, 7);
    cr_expect_eq(o->n_globs, 3);
    cr_expect_str_eq(o->globs[0], "+*.jpg");
    cr_expect_str_eq(o->globs[1], "-x/**");
    cr_expect_str_eq(o->globs[2], "+-");
    cr_expect(o->hidden && o->follow && o->force && o->dry_run && o->fail_fast && o->retry_failed &&
              o->one_file_system);
    cr_expect(!o->files_from && !o->files_from_null);
    cr_expect_eq(o->image.on_damage, THUMBS_DAMAGE_FAIL);
    cr_expect_float_eq(o->timeout_seconds, 2.5, 1e-12);
    cr_expect_eq(o->image.max_pixels, 1000);
    cr_expect_eq(o->max_bytes, 3072);
    cr_expect_str_eq(o->name_template, "{stem}.{ext}");
    cr_expect_eq(p.settings.progress, CLI_PROGRESS_NEVER);
    cr_expect(p.settings.verbose && !p.settings.quiet);
    cr_expect_str_eq(p.settings.report, "-");
    cr_expect_eq(p.settings.n_sources, 2);
    cr_expect_str_eq(p.settings.sources[0], "in1");
    cr_expect_str_eq(p.settings.sources[1], "in2");
    cr_expect_str_eq(p.settings.dest, "out");
    finish(&p);
}

Test(parse, ways_to_write_it)
{
    struct parsed p = PARSE("-nv", "-j", "2", "-nj3", "in", "--", "--force", "-x");
    expect_ok(&p);
    cr_expect(p.settings.options.dry_run && p.settings.verbose && !p.settings.options.force);
    cr_expect_eq(p.settings.options.jobs, 3);
    cr_expect_eq(p.settings.n_sources, 2);
    cr_expect_str_eq(p.settings.sources[1], "--force");
    cr_expect_str_eq(p.settings.dest, "-x");
    finish(&p);

    p = PARSE("-", "out");
    expect_ok(&p);
    cr_expect_str_eq(p.settings.sources[0], "-");
    finish(&p);

    p = PARSE("./bench", "merge");
    expect_ok(&p);
    finish(&p);
}

Test(parse, last_wins)
{
    struct parsed p =
        PARSE("--size=1,2,3", "-s9", "--format=png,webp", "-fjpeg", "-j1", "--jobs=4", "in", "out");
    expect_ok(&p);
    cr_expect_eq(p.settings.options.image.n_sizes, 1);
    cr_expect_eq(p.settings.options.image.sizes[0].width, 9);
    cr_expect_eq(p.settings.options.image.n_formats, 1);
    cr_expect_eq(p.settings.options.image.formats[0], THUMBS_FORMAT_JPEG);
    cr_expect_eq(p.settings.options.jobs, 4);
    finish(&p);
}

Test(parse, help_and_version_end_the_parsing)
{
    const struct {
        const char *word;
        enum cli_action action;
    } cases[] = {{"-h", CLI_ACTION_BRIEF_HELP},
                 {"-nh", CLI_ACTION_BRIEF_HELP},
                 {"--help", CLI_ACTION_HELP},
                 {"--version", CLI_ACTION_VERSION}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct parsed p = PARSE("in", cases[i].word, "--nonsense");
        expect_ok(&p);
        cr_expect_eq(p.settings.action, cases[i].action);
        finish(&p);
    }
}

Test(parse, ranges_have_both_ends)
{
    const struct {
        const char *good[2], *bad[2];
    } cases[] = {
        {{"--jobs=1", "--jobs=1024"}, {"--jobs=0", "--jobs=1025"}},
        {{"--io-jobs=1", "--io-jobs=1024"}, {"--io-jobs=0", "--io-jobs=1025"}},
        {{"--queue=1", "--queue=1000000"}, {"--queue=0", "--queue=1000001"}},
        {{"--queue-bytes=1", "--queue-bytes=17179869183G"},
         {"--queue-bytes=0", "--queue-bytes=17179869184G"}},
        {{"--quality=1", "--quality=100"}, {"--quality=0", "--quality=101"}},
        {{"--quality=jpeg:1,webp:100", "--quality=7,avif:1"},
         {"--quality=png:7", "--quality=jpeg:1,jpeg:1"}},
        {{"--max-size=1", "--max-size=17179869183G"}, {"--max-size=0", "--max-size=K"}},
        {{"--size=1", "--size=65500x65500"}, {"--size=0", "--size=65501"}},
        {{"--size=x1", "--size=65500x"}, {"--size=x0", "--size=99999999999999999999x"}},
        {{"--timeout=0.000001", "--timeout=1000000"}, {"--timeout=0", "--timeout=1000000.1"}},
        {{"--timeout=1.", "--timeout=.5"}, {"--timeout=.", "--timeout=1.2.3"}},
        {{"--max-pixels=1", "--max-pixels=18446744073709551615"},
         {"--max-pixels=0", "--max-pixels=18446744073709551616"}},
        {{"--max-bytes=1", "--max-bytes=18446744073709551615"},
         {"--max-bytes=0", "--max-bytes=1Q"}},
        {{"--jobs=007", "--mode=threads"}, {"--jobs= 7", "--mode=Threads"}},
        {{"--progress=auto", "--progress=always"}, {"--progress=", "--progress=alway"}},
        {{"--on-damage=warn", "--on-damage=fail"}, {"--on-damage=", "--on-damage=ignore"}},
        {{"--format=jpeg,png,webp,keep", "--format=webp"}, {"--format=jpg", "--format=jpeg,"}},
        {{"--include=*", "--exclude=-"}, {"--include=", "--exclude="}},
        {{"--name=x{size}", "--report=x"}, {"--name=", "--report="}},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (int j = 0; j < 2; j++) {
            struct parsed p = PARSE(cases[i].good[j], "in", "out");
            cr_expect_eq(p.code, THUMBS_OK, "%s: %s", cases[i].good[j], th_bytes_str(&p.message));
            finish(&p);
            p = PARSE(cases[i].bad[j], "in", "out");
            cr_expect_eq(p.code, THUMBS_USAGE, "%s was taken", cases[i].bad[j]);
            cr_expect_eq(
                strncmp(th_bytes_str(&p.message), cases[i].bad[j], strlen(cases[i].bad[j])), 0,
                "names option and value: %s", th_bytes_str(&p.message));
            finish(&p);
        }
    }
}

Test(parse, malformed_sizes)
{
    const char *const bad[] = {"--size=x",    "--size=",      "--size=,",      "--size=256,",
                               "--size=,256", "--size=256X9", "--size=2x3x4",  "--size=-5",
                               "--size=+5",   "--size=0x10",  "--size=10x0",   "--size= 10",
                               "--size=10 ",  "--size=1e3",   "--size=256px",  "--size=10,0",
                               "--size=9,9",  "--size=9,9x9", "--size=9x,1,9x"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct parsed p = PARSE(bad[i], "in", "out");
        cr_expect_eq(p.code, THUMBS_USAGE, "%s was taken", bad[i]);
        finish(&p);
    }
    struct parsed p = PARSE("-s1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16", "in", "out");
    expect_ok(&p);
    cr_expect_eq(p.settings.options.image.n_sizes, THUMBS_MAX_SIZES);
    finish(&p);
    p = PARSE("-s1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17", "in", "out");
    cr_expect_eq(p.code, THUMBS_USAGE);
    cr_expect_not_null(strstr(th_bytes_str(&p.message), "more than 16 sizes"));
    finish(&p);
}

Test(parse, messages)
{
    EXPECT_REFUSED("--jobs=0", "--jobs=0: must be a number from 1 to 1024");
    EXPECT_REFUSED("-jx", "--jobs=x: must be a number from 1 to 1024");
    EXPECT_REFUSED("--force=x", "--force=x: --force takes no value");
    EXPECT_REFUSED("--force=", "--force=: --force takes no value");
    EXPECT_REFUSED("--jbos=8", "unknown option --jbos=8; did you mean --jobs?");
    EXPECT_REFUSED("--verb", "unknown option --verb; did you mean --verbose?");
    EXPECT_REFUSED("--qualtiy=8", "unknown option --qualtiy=8; did you mean --quality?");
    EXPECT_REFUSED("--frobnicate", "unknown option --frobnicate");
    EXPECT_REFUSED("--=5", "unknown option --=5");
    EXPECT_REFUSED("-size", "--size=ize: must be 256 (a box), 256x192, 256x or x192, each side "
                            "from 1 to 65500, or up to "
                            "16 such sizes separated by commas");
    EXPECT_REFUSED("-x", "unknown option -x");
#define TREE "; folders are always taken with all their contents"
#define LAST "; the last name is the folder for the thumbnails"
    EXPECT_REFUSED("-r", "unknown option -r" TREE);
    EXPECT_REFUSED("-R", "unknown option -R" TREE);
    EXPECT_REFUSED("--recursive", "unknown option --recursive" TREE);
    EXPECT_REFUSED("-o", "unknown option -o" LAST);
    EXPECT_REFUSED("--output=b", "unknown option --output=b" LAST);
    EXPECT_REFUSED("-q", "unknown option -q; did you mean --quiet (or -Q, the quality)?");
    EXPECT_REFUSED("-V", "unknown option -V; did you mean --version (or -v, --verbose)?");
    EXPECT_REFUSED("-nx", "unknown option -nx (no option is called -x)");
    EXPECT_REFUSED("-jobs", "--jobs=obs: must be a number from 1 to 1024");
    EXPECT_REFUSED("--jobs=\x1b[1m\n", "--jobs=\\x1b[1m\\x0a: must be a number from 1 to 1024");
    EXPECT_REFUSED(
        "-fpng,png",
        "--format=png,png: a format is given twice; it must be one or more of jpeg, png, webp, "
        "avif, jxl, gif, keep, separated by commas");
    expect_usage(PARSE("in", "out", "--mode"), "--mode needs a value: processes, threads or sync");
    expect_usage(PARSE("in", "out", "-vj"), "--jobs needs a value: a number from 1 to 1024");
    expect_usage(PARSE("--quiet", "-v", "in", "out"),
                 "--quiet and --verbose exclude each other: only one of them is allowed");
    expect_usage(PARSE("-v"), "SOURCE and DEST are missing");
    expect_usage(PARSE("photos"), "DEST is missing after SOURCE photos");
    expect_usage(PARSE("", "out"), "a SOURCE is an empty name");
    expect_usage(PARSE("in", ""), "DEST is an empty name");
}

Test(parse, sandbox_and_memory)
{
    struct parsed p = PARSE("--sandbox=require", "--memory=512M", "a", "b");
    cr_expect_eq(p.settings.options.sandbox, THUMBS_SANDBOX_REQUIRE);
    cr_expect_eq(p.settings.options.memory_bytes, UINT64_C(512) << 20);
    finish(&p);
    p = PARSE("--sandbox=off", "a", "b");
    cr_expect_eq(p.settings.options.sandbox, THUMBS_SANDBOX_OFF);
    finish(&p);
    EXPECT_REFUSED("--sandbox=yes", "--sandbox=yes: must be on, off or require");
    EXPECT_REFUSED(
        "--memory=0",
        "--memory=0: must be a number of bytes from 1, with an optional K, M or G (powers of "
        "1024)");
}

Test(parse, files_from)
{
    struct parsed p = PARSE("--files-from=list", "in", "out");
    expect_ok(&p);
    cr_expect_str_eq(p.settings.options.files_from, "list");
    cr_expect_not(p.settings.options.files_from_null);
    cr_expect_eq(p.settings.n_sources, 1);
    cr_expect_str_eq(p.settings.sources[0], "in");
    cr_expect_str_eq(p.settings.dest, "out");
    finish(&p);
    p = PARSE("-0", "--files-from", "-", "out");
    expect_ok(&p);
    cr_expect_str_eq(p.settings.options.files_from, "-");
    cr_expect(p.settings.options.files_from_null);
    cr_expect_eq(p.settings.n_sources, 1);
    cr_expect_str_eq(p.settings.sources[0], ".");
    cr_expect_str_eq(p.settings.dest, "out");
    finish(&p);
    p = PARSE("--null", "in", "out");
    expect_ok(&p);
    cr_expect(p.settings.options.files_from_null);
    finish(&p);
    expect_usage(PARSE("--files-from=list"), "DEST is missing");
    expect_usage(PARSE("--files-from=list", "a", "b", "out"),
                 "--files-from takes one SOURCE; this is one too many: b");
    expect_usage(PARSE("--files-from=", "out"),
                 "--files-from=: must be a file name, or - for standard input");
    expect_usage(PARSE("--files-from=list", ""), "DEST is an empty name");
}

Test(parse, delete_takes_words)
{
    static const struct {
        const char *option;
        unsigned deletes;
    } rows[] = {
        {"--delete", THUMBS_DELETE_SOURCES | THUMBS_DELETE_STALE},
        {"--delete=sources", THUMBS_DELETE_SOURCES},
        {"--delete=stale", THUMBS_DELETE_STALE},
        {"--delete=force", THUMBS_DELETE_SOURCES | THUMBS_DELETE_STALE | THUMBS_DELETE_FORCE},
        {"--delete=stale,force", THUMBS_DELETE_STALE | THUMBS_DELETE_FORCE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct parsed p = PARSE(rows[i].option, "in", "out");
        expect_ok(&p);
        cr_expect_eq(p.settings.options.deletes, rows[i].deletes, "%s", rows[i].option);
        finish(&p);
    }
    EXPECT_REFUSED("--delete=all", "--delete=all: must be one or more of sources, stale, force, "
                                   "separated by commas");
}

Test(parse, merge_takes_reports)
{
    struct parsed p = PARSE("merge", "--expect=4", "a.ndjson", "-");
    cr_expect_eq(p.code, THUMBS_OK);
    cr_expect_eq(p.settings.command, CLI_COMMAND_MERGE);
    cr_expect_eq(p.settings.merge_expect, 4);
    cr_expect_eq(p.settings.n_operands, 2);
    finish(&p);
    expect_usage(PARSE("merge"), "REPORT is missing");
    expect_usage(PARSE("merge", ""), "a REPORT is an empty name");
    expect_usage(PARSE("merge", "--size=3", "a"), "--size is no option of 'thumbs merge'");
}

/* Bytes at random, many of them meaningful: the parser ends, with a clause of one line where it
 * refuses. */
Test(parse, survives_noise, .timeout = 120)
{
    static const char *const seeds[] = {"--",
                                        "-",
                                        "=",
                                        ",",
                                        "x",
                                        "size",
                                        "jobs",
                                        "format",
                                        "256",
                                        "jpeg",
                                        "n",
                                        "h",
                                        "\xFF",
                                        "\n",
                                        ".",
                                        "0",
                                        "99999999999999999999",
                                        "timeout",
                                        "-v",
                                        "K"};
    unsigned seed = 20240917;
    for (int round = 0; round < 20000; round++) {
        char words[4][64];
        const char *list[5] = {words[0], words[1], words[2], words[3], NULL};
        for (int i = 0; i < 4; i++) {
            words[i][0] = '\0';
            for (int n = rand_r(&seed) % 4; n >= 0; n--)
                strncat(words[i], seeds[(size_t)rand_r(&seed) % (sizeof(seeds) / sizeof(seeds[0]))],
                        sizeof(words[i]) - strlen(words[i]) - 1);
        }
        struct parsed p = parse(list);
        cr_assert(p.code == THUMBS_OK || p.code == THUMBS_USAGE);
        cr_assert_eq(p.code == THUMBS_OK, p.message.len == 0, "round %d", round);
        cr_assert_null(strchr(th_bytes_str(&p.message), '\n'));
        if (p.code == THUMBS_OK && p.settings.action == CLI_ACTION_RUN)
            cr_assert_geq(p.settings.n_sources, 1);
        finish(&p);
    }
}

/* ---- table and help ---- */

Test(table, is_consistent)
{
    for (size_t i = 0; i < cli_n_options; i++) {
        const struct cli_option *a = &cli_options[i];
        if (a->to.kind == CLI_NOT_BUILT) {
            cr_expect(!a->help && !a->brief, "--%s", a->name);
        } else {
            cr_expect_not_null(a->help, "--%s", a->name);
            cr_expect_eq(a->value == NULL, a->allowed == NULL, "--%s", a->name);
        }
        for (size_t j = 0; j < i; j++) {
            cr_expect_str_neq(a->name, cli_options[j].name);
            cr_expect(!a->letter || a->letter != cli_options[j].letter, "-%c", a->letter);
        }
    }
}

static size_t widest_line(const char *text, size_t *n_lines)
{
    size_t widest = 0;
    *n_lines = 0;
    while (*text) {
        const size_t len = strcspn(text, "\n");
        if (len > widest) widest = len;
        text += len + (text[len] == '\n');
        ++*n_lines;
    }
    return widest;
}

Test(help, fits_and_is_complete)
{
    struct th_bytes full = {0}, brief = {0};
    size_t n_lines;
    cli_help(&full, CLI_COMMAND_RUN, false);
    cli_help(&brief, CLI_COMMAND_RUN, true);
    cr_expect_leq(widest_line(th_bytes_str(&full), &n_lines), 80);
    cr_expect_leq(widest_line(th_bytes_str(&brief), &n_lines), 80);
    cr_expect_leq(n_lines, 24, "one screen");
    for (size_t i = 0; i < cli_n_options; i++) {
        char head[64], *found;
        snprintf(head, sizeof(head), "  --%s", cli_options[i].name);
        found = strstr(th_bytes_str(&full), head);
        if (!found && cli_options[i].letter) {
            snprintf(head, sizeof(head), "  -%c, --%s", cli_options[i].letter, cli_options[i].name);
            found = strstr(th_bytes_str(&full), head);
        }
        cr_expect_eq(found != NULL, cli_options[i].to.kind != CLI_NOT_BUILT, "--%s",
                     cli_options[i].name);
    }
    th_bytes_finish(&full);
    th_bytes_finish(&brief);
}

/* What a shell offers for a value is taken. */
Test(completion, choices_are_allowed)
{
    for (size_t i = 0; i < cli_n_options; i++) {
        const struct cli_option *option = &cli_options[i];
        char words[256], *rest = words;
        snprintf(words, sizeof words, "%s", option->to.choices ? option->to.choices : "");
        for (char *word; (word = strtok_r(rest, " ", &rest));) {
            char text[320];
            snprintf(text, sizeof text, "--%s=%s", option->name, word);
            setenv("CI_NODE_INDEX", "1", 1); /* for --shard=auto */
            setenv("CI_NODE_TOTAL", "2", 1);
            struct parsed p = PARSE(text, "in", "out");
            cr_expect_eq(p.code, THUMBS_OK, "%s: %s", text, th_bytes_str(&p.message));
            finish(&p);
        }
    }
}

/* ---- lines ---- */

#define N_WRITERS 4
#define N_LINES   2000

static void *write_lines(void *arg)
{
    struct cli_lines *lines = arg;
    for (int i = 0; i < N_LINES; i++) {
        struct th_bytes b = {0};
        th_bytes_addf(&b, "%0*d\n", 60, i);
        cli_lines_add(lines, &b);
        th_bytes_finish(&b);
    }
    return NULL;
}

Test(lines, stay_whole, .timeout = 120)
{
    char path[] = "/tmp/thumbs-lines-XXXXXX", text[128];
    struct cli_lines lines;
    pthread_t threads[N_WRITERS];
    const int fd = mkstemp(path);
    unsigned long sum = 0, n = 0;
    cr_assert_geq(fd, 0);
    cli_lines_init(&lines, fd, true, NULL, NULL);
    for (int i = 0; i < N_WRITERS; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, write_lines, &lines), 0);
    for (int i = 0; i < N_WRITERS; i++)
        pthread_join(threads[i], NULL);
    cr_expect_eq(cli_lines_finish(&lines), 0);
    FILE *f = fopen(path, "r");
    unlink(path);
    while (fgets(text, sizeof(text), f)) {
        cr_assert_eq(strlen(text), 61);
        sum += strtoul(text, NULL, 10);
        n++;
    }
    fclose(f);
    cr_expect_eq(n, N_WRITERS * N_LINES);
    cr_expect_eq(sum, (unsigned long)N_WRITERS * N_LINES * (N_LINES - 1) / 2);
}

Test(lines, are_seen_within_about_a_second, .timeout = 120)
{
    struct cli_lines lines;
    struct th_bytes b = {0};
    char text[16] = "";
    int fds[2];
    cr_assert_eq(pipe(fds), 0);
    cli_lines_init(&lines, fds[1], true, NULL, NULL);
    th_bytes_adds(&b, "hello\n");
    cli_lines_add(&lines, &b);
    cr_expect_eq(read(fds[0], text, sizeof(text) - 1), 6,
                 "comes without another line and without the end");
    cr_expect_str_eq(text, "hello\n");
    cr_expect_eq(cli_lines_finish(&lines), 0);
    th_bytes_finish(&b);
    close(fds[0]);
}

static void count_error(void *user, int os_errno)
{
    int *seen = user;
    seen[0]++;
    seen[1] = os_errno;
}

Test(lines, tell_once_of_a_full_disk, .timeout = 120)
{
    struct cli_lines lines;
    struct th_bytes b = {0};
    int seen[2] = {0, 0};
    const int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    if (fd < 0) cr_skip_test("no /dev/full");
    cli_lines_init(&lines, fd, true, count_error, seen);
    th_bytes_adds(&b, "line\n");
    for (int i = 0; i < 50000; i++)
        cli_lines_add(&lines, &b);
    cr_expect_eq(seen[0], 1, "known before the end");
    cr_expect_eq(cli_lines_finish(&lines), ENOSPC);
    cr_expect_eq(seen[0], 1);
    cr_expect_eq(seen[1], ENOSPC);
    th_bytes_finish(&b);
}

Test(lines, a_lost_line_is_an_error)
{
    struct cli_lines lines;
    struct th_bytes b = {.failed = true};
    int seen[2] = {0, 0};
    int fds[2];
    cr_assert_eq(pipe(fds), 0);
    cli_lines_init(&lines, fds[1], true, count_error, seen);
    cli_lines_add(&lines, &b);
    cr_expect_eq(seen[0], 1);
    cr_expect_eq(cli_lines_finish(&lines), ENOMEM);
    close(fds[0]);
}

/* ---- bench ----------------------------------------------------------------------------------- */

Test(bench, defaults)
{
    struct parsed p = PARSE("bench", "photos");
    expect_ok(&p);
    const struct th_bench_config *c = &p.settings.bench;
    cr_expect_eq(p.settings.command, CLI_COMMAND_BENCH);
    cr_expect_str_eq(c->source, "photos");
    cr_expect_eq(c->n_runs, 5);
    cr_expect_eq(c->n_modes, 3);
    cr_expect_eq(c->modes[0], THUMBS_MODE_SYNC);
    cr_expect_eq(c->n_ios, 2);
    cr_expect(c->n_jobs == 1 && c->jobs[0] == thumbs_cpus_usable());
    cr_expect(c->n_io_jobs == 1 && c->io_jobs[0] == 0);
    cr_expect_eq(c->options.image.sizes[0].width, 256);
    finish(&p);
}

Test(bench, lists_and_shared_options)
{
    struct parsed p =
        PARSE("bench", "--runs=3", "--modes=processes,sync", "-j1,2,4", "--io=uring", "--io-jobs",
              "4,64", "--io-latency=20", "-s128", "-fpng", "--exclude=*.gif", "--no-work", "photos",
              "--json=-", "--csv=c", "--svg", "s");
    expect_ok(&p);
    const struct th_bench_config *c = &p.settings.bench;
    cr_expect_eq(c->n_runs, 3);
    cr_expect(c->n_modes == 2 && c->modes[0] == THUMBS_MODE_PROCESSES &&
              c->modes[1] == THUMBS_MODE_SYNC);
    cr_expect(c->n_jobs == 3 && c->jobs[0] == 1 && c->jobs[1] == 2 && c->jobs[2] == 4);
    cr_expect(c->n_ios == 1 && c->ios[0] == THUMBS_IO_URING);
    cr_expect(c->n_io_jobs == 2 && c->io_jobs[1] == 64);
    cr_expect_eq(c->options.io_latency_ms, 20);
    cr_expect(c->options.no_work);
    cr_expect_eq(c->options.image.sizes[0].width, 128);
    cr_expect_eq(c->options.image.formats[0], THUMBS_FORMAT_PNG);
    cr_assert_eq(c->options.n_globs, 1);
    cr_expect_str_eq(c->options.globs[0], "-*.gif");
    cr_expect_str_eq(p.settings.bench_json, "-");
    cr_expect_str_eq(p.settings.bench_csv, "c");
    cr_expect_str_eq(p.settings.bench_svg, "s");
    finish(&p);
}

Test(bench, refusals)
{
    expect_usage(PARSE("bench"), "SOURCE is missing");
    expect_usage(PARSE("bench", ""), "SOURCE is an empty name");
    expect_usage(PARSE("bench", "a", "b"),
                 "'thumbs bench' takes one SOURCE; this is one too many: b");
    expect_usage(PARSE("bench", "--mode=sync", "a"),
                 "--mode is no option of 'thumbs bench'; did you mean --modes?");
    expect_usage(PARSE("bench", "--force", "a"), "--force is no option of 'thumbs bench'");
    expect_usage(PARSE("bench", "--rums=3", "a"), "unknown option --rums=3; did you mean --runs?");
    expect_usage(PARSE("bench", "--runs=0", "a"), "--runs=0: must be a number from 1 to 1000");
    expect_usage(
        PARSE("bench", "--modes=sync,x", "a"),
        "--modes=sync,x: must be one or more of sync, threads, processes, separated by commas");
    expect_usage(PARSE("bench", "--modes=sync,sync", "a"),
                 "--modes=sync,sync: a word is given twice; it must be one or more of sync, "
                 "threads, processes, separated by commas");
    expect_usage(PARSE("bench", "--jobs=1,,2", "a"),
                 "--jobs=1,,2: must be up to 16 numbers from 1 to 1024, separated by commas");
    expect_usage(PARSE("bench", "--jobs=2,2", "a"),
                 "--jobs=2,2: a number is given twice; it must be up to 16 numbers from 1 to 1024, "
                 "separated by commas");
    expect_usage(PARSE("bench", "--jobs=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17", "a"),
                 "--jobs=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17: more than 16 numbers; it must "
                 "be up to 16 numbers "
                 "from 1 to 1024, separated by commas");
    /* What only bench takes is unknown to a run. */
    expect_usage(PARSE("--io-latency=3", "a", "b"), "unknown option --io-latency=3");
}

Test(bench, help_shows_its_options_and_hides_the_hidden)
{
    struct th_bytes b = {0};
    cli_help(&b, CLI_COMMAND_BENCH, false);
    const char *help = th_bytes_str(&b);
    cr_expect_not_null(strstr(help, "Usage: thumbs bench"));
    cr_expect_not_null(strstr(help, "--io-latency=MS"));
    cr_expect_not_null(strstr(help, "--quality=N"));
    cr_expect_null(strstr(help, "no-work"));
    cr_expect_null(strstr(help, "--force"));
    for (const char *line = help; *line; line += strcspn(line, "\n") + 1)
        cr_expect_leq(strcspn(line, "\n"), 80, "%.90s", line);
    th_bytes_finish(&b);
}
