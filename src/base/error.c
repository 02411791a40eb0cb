/* SPDX-License-Identifier: MIT */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/chars.h"

static const char *const code_names[THUMBS_N_CODES] = {
    [THUMBS_OK] = "ok",
    [THUMBS_UNREADABLE] = "unreadable",
    [THUMBS_VANISHED] = "vanished",
    [THUMBS_TOO_LARGE] = "too_large",
    [THUMBS_UNSUPPORTED] = "unsupported",
    [THUMBS_CORRUPT] = "corrupt",
    [THUMBS_TIMEOUT] = "timeout",
    [THUMBS_CRASHED] = "crashed",
    [THUMBS_MEMORY] = "memory",
    [THUMBS_NO_SPACE] = "no_space",
    [THUMBS_NOT_WRITABLE] = "not_writable",
    [THUMBS_NAME_CLASH] = "name_clash",
    [THUMBS_INTERNAL] = "internal",
    [THUMBS_USAGE] = "usage",
    [THUMBS_NOT_IMAGE] = "not_image",
    [THUMBS_STOPPED] = "stopped",
    [THUMBS_NOT_OURS] = "not_ours",
};

static const char *const stage_names[THUMBS_N_STAGES] = {
    [THUMBS_STAGE_NONE] = "run",      [THUMBS_STAGE_WALK] = "walk",
    [THUMBS_STAGE_LOAD] = "load",     [THUMBS_STAGE_QUEUE] = "queue",
    [THUMBS_STAGE_DECODE] = "decode", [THUMBS_STAGE_RESIZE] = "resize",
    [THUMBS_STAGE_ENCODE] = "encode", [THUMBS_STAGE_WRITE] = "write",
    [THUMBS_STAGE_REPORT] = "report",
};

static const char *const status_names[THUMBS_N_STATUSES] = {
    [THUMBS_STATUS_DONE] = "done",
    [THUMBS_STATUS_UP_TO_DATE] = "up-to-date",
    [THUMBS_STATUS_DAMAGED] = "damaged",
    [THUMBS_STATUS_FAILED] = "failed",
    [THUMBS_STATUS_SKIPPED] = "skipped",
    [THUMBS_STATUS_KNOWN] = "known",
    [THUMBS_STATUS_WOULD_MAKE] = "would-make",
};

static const char *const removal_names[] = {[THUMBS_REMOVAL_GONE] = "gone",
                                            [THUMBS_REMOVAL_EXCLUDED] = "excluded",
                                            [THUMBS_REMOVAL_STALE] = "stale"};

const char *thumbs_removal_reason_name(enum thumbs_removal_reason reason)
{
    return reason <= THUMBS_REMOVAL_STALE && removal_names[reason] ? removal_names[reason] : "gone";
}

static const char *const from_names[THUMBS_N_FROMS] = {
    [THUMBS_FROM_PICTURE] = "picture",
    [THUMBS_FROM_PREVIEW] = "preview",
    [THUMBS_FROM_EMBEDDED] = "embedded",
};

const char *thumbs_code_name(enum thumbs_code code)
{
    return (unsigned)code < THUMBS_N_CODES ? code_names[code] : "internal";
}

const char *thumbs_stage_name(enum thumbs_stage stage)
{
    return (unsigned)stage < THUMBS_N_STAGES ? stage_names[stage] : "run";
}

const char *thumbs_status_name(enum thumbs_status status)
{
    return (unsigned)status < THUMBS_N_STATUSES ? status_names[status] : "failed";
}

const char *thumbs_from_name(enum thumbs_from from)
{
    return (unsigned)from < THUMBS_N_FROMS ? from_names[from] : "picture";
}

/* A message that fills its buffer lacks its end: say so, and leave no half character (UTF-8). */
static void mark_cut(char *text, size_t size)
{
    char *at = text + size - sizeof "...";
    for (int i = 0; i < 3 && ((unsigned char)*at & 0xC0) == 0x80; i++)
        at--;
    memcpy(at, "...", sizeof "...");
}

enum thumbs_code th_error_set(struct thumbs_error *err, enum thumbs_code code,
                              enum thumbs_stage stage, const char *format, ...)
{
    if (!err) return code;
    va_list args;
    va_start(args, format);
    char message[sizeof err->message];
    const int len = vsnprintf(message, sizeof message, format, args);
    va_end(args);
    if (len >= (int)sizeof message) mark_cut(message, sizeof message);
    th_make_one_line(message);
    *err = (struct thumbs_error){.code = code, .stage = stage};
    memcpy(err->message, message, sizeof message);
    return code;
}

static enum thumbs_code code_for_errno(enum thumbs_code code, int os_errno)
{
    switch (os_errno) {
    case ENOSPC:
    case EDQUOT:
        return THUMBS_NO_SPACE;
    case ENOMEM:
        return THUMBS_MEMORY;
    case ENOENT:
    case ESTALE:
        return code == THUMBS_UNREADABLE ? THUMBS_VANISHED : code;
    default:
        return code;
    }
}

enum thumbs_code th_error_os(struct thumbs_error *err, enum thumbs_code code,
                             enum thumbs_stage stage, int os_errno, const char *format, ...)
{
    code = code_for_errno(code, os_errno);
    if (!err) return code;
    va_list args;
    va_start(args, format);
    char what[sizeof err->message];
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    char reason[80];
    /* GNU strerror_r: may or may not use the buffer, always returns the text; thread-safe. */
    const char *text = strerror_r(os_errno, reason, sizeof reason);
    th_error_set(err, code, stage, "%s: %s", what, text);
    err->os_errno = os_errno;
    return code;
}
