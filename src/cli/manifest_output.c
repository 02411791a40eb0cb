/* SPDX-License-Identifier: MIT */
#include "cli/manifest_output.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/sys.h"
#include "report/web_manifest.h"

#define BUFFER_BYTES ((size_t)64 << 10)

enum thumbs_code cli_manifest_open(struct cli_manifest *manifest, struct th_outfile *file,
                                   struct thumbs_error *err)
{
    const enum thumbs_code code = th_outfile_open(file, err);
    if (code != THUMBS_OK) return code;
    manifest->file = file;
    manifest->spool = th_spool_create(file->folder_fd, 0);
    if (manifest->spool) return THUMBS_OK;
    return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_NONE, "no memory");
}

void cli_manifest_add(struct cli_manifest *manifest, const struct thumbs_event *event)
{
    struct th_bytes text = {0};
    if (!manifest->spool) return;
    const bool any = th_web_manifest_add_image(&text, event);
    if (th_bytes_failed(&text))
        th_spool_lose(manifest->spool);
    else if (any)
        th_spool_add(manifest->spool, event->source, strlen(event->source), text.data, text.len,
                     NULL);
    th_bytes_finish(&text);
}

struct writer {
    int fd, os_errno;
    bool any;
    struct th_bytes buffer;
};

static void write_out(struct writer *w)
{
    if (w->buffer.len && !w->os_errno && th_write_full(w->fd, w->buffer.data, w->buffer.len) != 0)
        w->os_errno = errno;
    if (th_bytes_failed(&w->buffer)) w->os_errno = ENOMEM;
    th_bytes_clear(&w->buffer);
}

static void add_text(void *user, const char *text, size_t len)
{
    struct writer *w = user;
    if (w->any) th_bytes_adds(&w->buffer, th_web_manifest_comma);
    w->any = true;
    th_bytes_add(&w->buffer, text, len);
    if (w->buffer.len >= BUFFER_BYTES || th_bytes_failed(&w->buffer)) write_out(w);
}

enum thumbs_code cli_manifest_close(struct cli_manifest *manifest, struct thumbs_error *err)
{
    struct writer w = {.fd = manifest->file->fd};
    th_web_manifest_add_head(&w.buffer);
    enum thumbs_code code = th_spool_each(manifest->spool, add_text, &w, err);
    th_web_manifest_add_foot(&w.buffer);
    write_out(&w);
    th_bytes_finish(&w.buffer);
    if (code == THUMBS_OK && w.os_errno)
        code = th_error_os(err, THUMBS_NOT_WRITABLE, THUMBS_STAGE_NONE, w.os_errno, "cannot write");
    if (code == THUMBS_OK) code = th_outfile_commit(manifest->file, err);
    cli_manifest_finish(manifest);
    return code;
}

void cli_manifest_finish(struct cli_manifest *manifest)
{
    th_spool_destroy(manifest->spool);
    manifest->spool = NULL;
}
