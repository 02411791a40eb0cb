/* SPDX-License-Identifier: MIT */
/* The programs that race, and how their users call them. */
#include "race/entrants.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/sys.h"
#include "race/child.h"

enum { FILES_PER_CALL = 15 }; /* of one process under xargs or parallel */

static void add(struct words *words, const char *word)
{
    if (words->n < MAX_WORDS) words->list[words->n++] = (char *)word;
}

static void addf(struct words *words, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void addf(struct words *words, const char *format, ...)
{
    va_list args;
    if (words->n_text == sizeof words->text / sizeof *words->text) return;
    char *text = words->text[words->n_text++];
    va_start(args, format);
    vsnprintf(text, sizeof words->text[0], format, args);
    va_end(args);
    add(words, text);
}

/* Commands run in the scratch folder's work/: ../output is where
 * thumbnails go, ../list holds the names of the files. */

static void command_thumbs(const struct peer *peer, struct words *words)
{
    const struct settings *s = words->settings;
    add(words, s->thumbs);
    addf(words, "--mode=%s", strstr(peer->name, "threads") ? "threads" : "processes");
    addf(words, "--jobs=%u", s->jobs);
    addf(words, "--size=%u", s->side);
    addf(words, "--quality=%u", s->quality);
    add(words, "--quiet");
    add(words, ".");
    add(words, "../output");
}

/* Without --export-profile, which makes libvips 8.14 slower and its pictures worse where there is
 * no profile; so a profile other than sRGB is not applied. In doubt for the peer. */
static void add_vipsthumbnail(struct words *words)
{
    const struct settings *s = words->settings;
    addf(words, "--size=%ux%u>", s->side, s->side);
    addf(words, "--output=%.200s/%%s.jpg[Q=%u,strip]", words->output, s->quality);
}

static void command_vips_plain(const struct peer *peer, struct words *words)
{
    (void)peer;
    add(words, "vipsthumbnail");
    add_vipsthumbnail(words);
    words->all_files = true;
    snprintf(words->vips_concurrency, sizeof words->vips_concurrency, "%u", words->settings->jobs);
}

static void add_xargs(struct words *words)
{
    add(words, "xargs");
    add(words, "--null");
    add(words, "--arg-file=../list");
    addf(words, "--max-procs=%u", words->settings->jobs);
    addf(words, "--max-args=%d", FILES_PER_CALL);
}

/* vipsthumbnail ends with 255 on a bad file, at which xargs would stop. */
static void command_vips_xargs(const struct peer *peer, struct words *words)
{
    (void)peer;
    add_xargs(words);
    add(words, "sh");
    add(words, "-c");
    add(words, "vipsthumbnail \"$@\" || exit 1");
    add(words, "sh");
    add_vipsthumbnail(words);
    snprintf(words->vips_concurrency, sizeof words->vips_concurrency, "1");
}

static void command_vips_parallel(const struct peer *peer, struct words *words)
{
    (void)peer;
    add(words, "parallel");
    add(words, "--will-cite");
    add(words, "--null");
    add(words, "--arg-file=../list");
    addf(words, "--jobs=%u", words->settings->jobs);
    addf(words, "--max-args=%d", FILES_PER_CALL);
    add(words, "--quote");
    add(words, "vipsthumbnail");
    add_vipsthumbnail(words);
    snprintf(words->vips_concurrency, sizeof words->vips_concurrency, "1");
}

static void command_sharp(const struct peer *peer, struct words *words)
{
    const struct settings *s = words->settings;
    (void)peer;
    add(words, "node");
    add(words, s->sharp_script);
    add(words, "../list");
    add(words, "../output");
    addf(words, "%u", s->side);
    addf(words, "%u", s->quality);
    addf(words, "%u", s->jobs);
}

/* Size hints of twice the box, as the manuals advise: the JPEG decoder then shrinks by up to 8. */
static void command_gm(const struct peer *peer, struct words *words)
{
    const struct settings *s = words->settings;
    (void)peer;
    add_xargs(words);
    add(words, "gm");
    add(words, "mogrify");
    add(words, "-output-directory");
    add(words, "../output");
    add(words, "-auto-orient");
    add(words, "-size");
    addf(words, "%ux%u", 2 * s->side, 2 * s->side);
    add(words, "-thumbnail");
    addf(words, "%ux%u>", s->side, s->side);
    add(words, "-quality");
    addf(words, "%u", s->quality);
    add(words, "+profile");
    add(words, "*");
    add(words, "-format");
    add(words, "jpg");
}

static void command_magick(const struct peer *peer, struct words *words)
{
    const struct settings *s = words->settings;
    (void)peer;
    add_xargs(words);
    add(words, "mogrify");
    add(words, "-path");
    add(words, "../output");
    add(words, "-define");
    addf(words, "jpeg:size=%ux%u", 2 * s->side, 2 * s->side);
    add(words, "-auto-orient");
    add(words, "-thumbnail");
    addf(words, "%ux%u>", s->side, s->side);
    add(words, "-background");
    add(words, "white");
    add(words, "-alpha");
    add(words, "remove");
    add(words, "-strip");
    add(words, "-quality");
    addf(words, "%u", s->quality);
    add(words, "-format");
    add(words, "jpg");
}

static const struct peer all_peers[] = {
    {.name = "thumbs-processes",
     .label = "thumbs, processes",
     .command = command_thumbs,
     .is_thumbs = true},
    {.name = "thumbs-threads",
     .label = "thumbs, threads",
     .command = command_thumbs,
     .is_thumbs = true},
    {.name = "vips",
     .label = "vipsthumbnail",
     .program = "vipsthumbnail",
     .version_argument = "--vips-version",
     .command = command_vips_plain},
    {.name = "vips-xargs",
     .label = "vipsthumbnail, xargs -P",
     .program = "vipsthumbnail",
     .version_argument = "--vips-version",
     .needs = "xargs",
     .command = command_vips_xargs},
    {.name = "vips-parallel",
     .label = "vipsthumbnail, GNU parallel",
     .program = "vipsthumbnail",
     .version_argument = "--vips-version",
     .needs = "parallel",
     .command = command_vips_parallel},
    {.name = "sharp",
     .label = "sharp (node)",
     .program = "node",
     .version_argument = NULL,
     .command = command_sharp},
    {.name = "gm-xargs",
     .label = "gm mogrify, xargs -P",
     .program = "gm",
     .version_argument = "version",
     .needs = "xargs",
     .command = command_gm},
    {.name = "magick-xargs",
     .label = "mogrify, xargs -P",
     .program = "mogrify",
     .version_argument = "--version",
     .needs = "xargs",
     .command = command_magick},
};

static bool in_path(const char *program)
{
    const char *path = getenv("PATH");
    for (path = path ? path : "/usr/local/bin:/usr/bin:/bin"; *path;) {
        const size_t len = strcspn(path, ":");
        struct th_bytes candidate = {0};
        th_bytes_add(&candidate, path, len);
        th_bytes_addf(&candidate, "/%s", program);
        const bool found = access(th_bytes_str(&candidate), X_OK) == 0;
        th_bytes_finish(&candidate);
        if (found) return true;
        path += len + (path[len] == ':');
    }
    return false;
}

static bool is_wanted(const char *only, const char *name)
{
    const size_t len = strlen(name);
    if (!only) return true;
    for (const char *p = only; *p;) {
        const size_t item = strcspn(p, ",");
        /* A word stands for every peer that begins with it: "thumbs", "vips". */
        if (item <= len && item > 0 && strncmp(p, name, item) == 0 &&
            (name[item] == '\0' || name[item] == '-'))
            return true;
        p += item + (p[item] == ',');
    }
    return false;
}

static void find_version(struct race *race, struct peer *peer)
{
    char answer[4096];
    char *argv[4] = {(char *)peer->program, (char *)peer->version_argument, NULL, NULL};
    if (peer->is_thumbs) {
        argv[0] = (char *)race->settings.thumbs;
        argv[1] = (char *)"--version";
    } else if (peer->command == command_sharp) {
        argv[1] = (char *)race->settings.sharp_script;
        argv[2] = (char *)"--version";
    }
    peer->present = ask(race, argv, answer, sizeof answer);
    snprintf(peer->version, sizeof peer->version, "%.*s", (int)strcspn(answer, "\n"), answer);
    if (!peer->present) snprintf(peer->why_not, sizeof peer->why_not, "it does not run");
}

void find_peers(struct race *race)
{
    for (size_t i = 0; i < sizeof all_peers / sizeof *all_peers; i++) {
        struct peer *peer = &race->peers[race->n_peers];
        *peer = all_peers[i];
        if (!is_wanted(race->settings.only, peer->name)) continue;
        race->n_peers++;
        const char *missing = peer->program && !in_path(peer->program) ? peer->program
                              : peer->needs && !in_path(peer->needs)   ? peer->needs
                                                                       : NULL;
        if (missing)
            snprintf(peer->why_not, sizeof peer->why_not, "%s is not installed", missing);
        else
            find_version(race, peer);
        if (!peer->present) complain("%s is left out: %s", peer->label, peer->why_not);
    }
}

/* The command line of a peer as one owned array of borrowed words; NULL: no memory. */
char **make_command(const struct race *race, const struct peer *peer, struct words *words)
{
    *words = (struct words){.settings = &race->settings, .output = race->output};
    peer->command(peer, words);
    const size_t n_files = words->all_files ? race->n_names : 0;
    char **argv = th_calloc(words->n + n_files + 1, sizeof *argv);
    if (!argv) return NULL;
    memcpy(argv, words->list, words->n * sizeof *argv);
    if (n_files > 0) memcpy(argv + words->n, race->names, n_files * sizeof *argv);
    return argv;
}
