/* SPDX-License-Identifier: MIT */
/* What this build is made of. */
#include <seccomp.h>

#include "base/bytes.h"
#include "image/formats.h"
#include "image/libraries.h"
#include "thumbs/thumbs.h"

static const char *text_of(const struct th_bytes *text)
{
    return text->len > 0 && !th_bytes_failed(text) ? th_bytes_str(text) : NULL;
}

void thumbs_formats(thumbs_support_fn *on_format, void *user)
{
    for (unsigned i = 0; i < THUMBS_N_FORMATS; i++) {
        const struct th_format *f = th_format((enum thumbs_format)i);
        struct th_bytes reads = {0}, writes = {0};
        if (!f->vips_loader && !f->decoders[0] && !f->encoder) continue;
        th_image_about_readers((enum thumbs_format)i, &reads);
        th_image_about_writer((enum thumbs_format)i, &writes);
        const struct thumbs_support support = {
            .format = (enum thumbs_format)i, .reads = text_of(&reads), .writes = text_of(&writes)};
        on_format(user, &support);
        th_bytes_finish(&reads);
        th_bytes_finish(&writes);
    }
}

static void tell_sandbox(thumbs_part_fn *on_part, void *user)
{
    const struct scmp_version *v = seccomp_version();
    struct th_bytes text = {0};
    th_bytes_addf(&text, "libseccomp %u.%u.%u", v->major, v->minor, v->micro);
    on_part(user, "sandbox", text_of(&text));
    th_bytes_finish(&text);
}

static void tell_colours(thumbs_part_fn *on_part, void *user)
{
    struct th_bytes text = {0};
    th_libraries_of_colours(&text);
    on_part(user, "profiles", text_of(&text));
    th_bytes_finish(&text);
}

void thumbs_parts(thumbs_part_fn *on_part, void *user)
{
#ifdef _OPENMP
    on_part(user, "threads", "OpenMP");
#else
    on_part(user, "threads", NULL);
#endif
#ifdef THUMBS_WITH_URING
    on_part(user, "io_uring", "liburing " THUMBS_URING_VERSION);
#else
    on_part(user, "io_uring", NULL);
#endif
    tell_sandbox(on_part, user);
    tell_colours(on_part, user);
#ifdef THUMBS_FAULTS
    on_part(user, "faults", "for tests only");
#endif
}
