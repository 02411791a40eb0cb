/* SPDX-License-Identifier: MIT */
#include "cli/pipe_command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/remove_tree.h"
#include "base/sys.h"
#include "cli/complain.h"
#include "cli/session.h"

enum { CHUNK = 65536 };

/* The name of the picture in messages and in the report, and of its file in the scratch folder. */
#define PICTURE   "-"
#define THUMBNAIL "thumbnail"

struct scratch {
    struct th_bytes root, picture, dest, thumbnail; /* paths; root is empty before it is made */
};

static int refuse(int status, const char *what, const char *why)
{
    cli_complain(what, why);
    return status;
}

/* ---- what makes sense ------------------------------------------------------------------------ */

/* An option that is about many sources or about names below DEST; NULL: none is given. */
static const char *odd_option(const struct cli_settings *settings)
{
    const struct thumbs_options *options = &settings->options;
    const struct {
        bool given;
        const char *name;
    } odd[] = {
        {options->image.n_sizes > 1, "more than one --size"},
        {options->image.n_formats > 1, "more than one --format"},
        {options->files_from, "--files-from"},
        {options->name_template, "--name"},
        {options->n_globs > 0, "--include or --exclude"},
        {options->n_shards > 0, "--shard"},
        {options->deletes != 0, "--delete"},
        {options->dry_run, "--dry-run"},
        {settings->keep_in_step, "--watch"},
        {settings->manifest, "--manifest"},
        {settings->gallery, "--gallery"},
        {settings->report && strcmp(settings->report, "-") == 0, "--report=-"},
    };
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        if (odd[i].given) return odd[i].name;
    }
    return NULL;
}

static int check(const struct cli_settings *settings)
{
    const char *odd = odd_option(settings);
    struct th_bytes why = {0};
    int status = CLI_EXIT_OK;
    if (odd) {
        th_bytes_addf(&why, "%s cannot be used with 'thumbs - -', which makes one picture", odd);
        status = refuse(CLI_EXIT_USAGE, NULL, th_bytes_str(&why));
        th_bytes_finish(&why);
    } else if (isatty(STDOUT_FILENO)) {
        status = refuse(CLI_EXIT_USAGE, "standard output",
                        "is a terminal; a picture goes to a file or a pipe: thumbs - - >FILE");
    }
    return status;
}

/* ---- standard input -------------------------------------------------------------------------- */

/* All of it, but no more than one byte over `most`, which the run will then find too large. */
static int read_picture(struct th_bytes *picture, uint64_t most)
{
    while (picture->len <= most) {
        if (!th_bytes_reserve(picture, CHUNK)) return refuse(CLI_EXIT_ABORTED, NULL, "no memory");
        const ssize_t n = th_read(STDIN_FILENO, picture->data + picture->len, CHUNK);
        if (n == 0) return CLI_EXIT_OK;
        if (n < 0)
            return refuse(CLI_EXIT_ABORTED, "standard input",
                          errno == EBADF ? "is closed, or not open for reading" : strerror(errno));
        picture->len += (size_t)n;
    }
    return CLI_EXIT_OK;
}

/* ---- the scratch folder ---------------------------------------------------------------------- */

static void remove_scratch(struct scratch *scratch)
{
    if (scratch->root.len > 0) th_remove_tree(th_bytes_str(&scratch->root));
    th_bytes_finish(&scratch->root);
    th_bytes_finish(&scratch->picture);
    th_bytes_finish(&scratch->dest);
    th_bytes_finish(&scratch->thumbnail);
}

static bool write_file(const char *path, const struct th_bytes *bytes)
{
    const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) return false;
    const bool written = th_write_full(fd, bytes->data, bytes->len) == 0;
    return close(fd) == 0 && written;
}

/* A folder that nobody else can look into, with the picture in it. */
static int make_scratch(struct scratch *scratch, const struct th_bytes *picture)
{
    const char *tmp = getenv("TMPDIR");
    char root[4096];
    const int len = snprintf(root, sizeof root, "%s/thumbs-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (len < 0 || (size_t)len >= sizeof root)
        return refuse(CLI_EXIT_ABORTED, "TMPDIR", "is too long a name");
    if (!mkdtemp(root)) return refuse(CLI_EXIT_ABORTED, root, strerror(errno));
    th_bytes_adds(&scratch->root, root);
    th_bytes_addf(&scratch->picture, "%s/" PICTURE, root);
    th_bytes_addf(&scratch->dest, "%s/out", root);
    th_bytes_addf(&scratch->thumbnail, "%s/out/" THUMBNAIL, root);
    if (th_bytes_failed(&scratch->root) || th_bytes_failed(&scratch->picture) ||
        th_bytes_failed(&scratch->dest) || th_bytes_failed(&scratch->thumbnail))
        return refuse(CLI_EXIT_ABORTED, NULL, "no memory");
    if (!write_file(th_bytes_str(&scratch->picture), picture))
        return refuse(CLI_EXIT_ABORTED, root, strerror(errno));
    return CLI_EXIT_OK;
}

/* ---- the run --------------------------------------------------------------------------------- */

static int make_thumbnail(const struct cli_settings *settings, const struct scratch *scratch)
{
    struct cli_settings one = *settings;
    const char *const sources[] = {th_bytes_str(&scratch->picture)};
    one.sources = sources;
    one.n_sources = 1;
    one.dest = th_bytes_str(&scratch->dest);
    one.options.name_template = THUMBNAIL;
    one.options.jobs = 1;
    one.options.io_jobs = 1;
    one.options.take_litter = true;
    one.progress = CLI_PROGRESS_NEVER;
    one.no_summary = !settings->verbose;
    return cli_session_run(&one);
}

/* Copy the thumbnail to standard output. */
static int deliver(const struct scratch *scratch)
{
    char buf[CHUNK];
    const char *path = th_bytes_str(&scratch->thumbnail);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = -1;
    if (fd < 0) return refuse(CLI_EXIT_ABORTED, path, strerror(errno));
    while ((n = th_read(fd, buf, sizeof buf)) > 0) {
        if (th_write_full(STDOUT_FILENO, buf, (size_t)n) == 0) continue;
        const int error = errno;
        close(fd);
        return refuse(CLI_EXIT_ABORTED, "standard output",
                      error == EBADF ? "is closed, or not open for writing" : strerror(error));
    }
    close(fd);
    return n == 0 ? CLI_EXIT_OK : refuse(CLI_EXIT_ABORTED, path, strerror(errno));
}

int cli_pipe_run(const struct cli_settings *settings)
{
    struct th_bytes picture = {0};
    struct scratch scratch = {0};
    int status = check(settings);
    signal(SIGPIPE, SIG_IGN); /* a reader that went away must not leave the scratch folder behind */
    if (status == CLI_EXIT_OK) status = read_picture(&picture, settings->options.max_bytes);
    if (status == CLI_EXIT_OK) status = make_scratch(&scratch, &picture);
    th_bytes_finish(&picture);
    if (status == CLI_EXIT_OK) status = make_thumbnail(settings, &scratch);
    if (status == CLI_EXIT_OK) status = deliver(&scratch);
    remove_scratch(&scratch);
    return status;
}
