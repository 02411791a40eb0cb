/* SPDX-License-Identifier: MIT */
/*
 * Make src/image/cmyk.icc again: the profile that libvips has for CMYK pictures without one, with
 * nothing but its texts, its white and black, and the table from CMYK to colours (A2B0). The tables
 * back to CMYK and for other intents, 94 percent of it, are for who prints. What a tag holds is not
 * changed. A tool, like the generator of the samples.
 */
#include "generate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <vips/vips.h>

/* ICC.1:2001-04 6: a header, then a table of entries: signature, offset and length. */
enum { HEADER_LEN = 128, TABLE_AT = HEADER_LEN + 4, ENTRY_LEN = 12 };

static const char *const kept[] = {"desc", "cprt", "wtpt", "bkpt", "A2B0"};

enum { N_KEPT = sizeof kept / sizeof *kept };

static uint32_t get_u32(const struct gen_bytes *bytes, size_t at)
{
    if (bytes->len < 4 || at > bytes->len - 4)
        gen_fatal("the profile ends at %zu, before %zu", bytes->len, at + 4);
    const uint8_t *p = bytes->data + at;
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* The data of a tag, borrowed. */
static struct gen_bytes find_tag(const struct gen_bytes *profile, const char *name)
{
    uint32_t n = get_u32(profile, HEADER_LEN);

    for (uint32_t i = 0; i < n; i++) {
        size_t entry = TABLE_AT + ENTRY_LEN * (size_t)i;
        size_t at = get_u32(profile, entry + 4), len = get_u32(profile, entry + 8);

        if (memcmp(profile->data + entry, name, 4) != 0) continue;
        if (at > profile->len || len > profile->len - at)
            gen_fatal("%s lies beyond the profile's end", name);
        return (struct gen_bytes){.data = profile->data + at, .len = len};
    }
    gen_fatal("the profile has no %s", name);
}

static struct gen_bytes cut(const struct gen_bytes *profile)
{
    struct gen_bytes out = gen_bytes_head(profile, HEADER_LEN), data = {0};

    gen_bytes_put_u32(&out, GEN_BIG_ENDIAN, N_KEPT);
    for (size_t i = 0; i < N_KEPT; i++) {
        struct gen_bytes tag = find_tag(profile, kept[i]);

        gen_bytes_put(&out, kept[i], 4);
        gen_bytes_put_u32(&out, GEN_BIG_ENDIAN,
                          (uint32_t)(TABLE_AT + ENTRY_LEN * N_KEPT + data.len));
        gen_bytes_put_u32(&out, GEN_BIG_ENDIAN, (uint32_t)tag.len);
        gen_bytes_put(&data, tag.data, tag.len);
        gen_bytes_put_zeros(&data, (4 - data.len % 4) % 4);
    }
    gen_bytes_put(&out, data.data, data.len);
    gen_bytes_finish(&data);
    gen_bytes_set_u32(&out, 0, GEN_BIG_ENDIAN, (uint32_t)out.len);
    return out;
}

int main(int argc, char **argv)
{
    VipsBlob *blob = NULL;
    struct gen_bytes profile = {0}, file;

    if (argc != 2) {
        fputs("usage: thumbs_cut_cmyk DIR\nWrite cmyk.icc, cut from libvips' profile for CMYK, "
              "into DIR.\n",
              stderr);
        return 2;
    }
    if (VIPS_INIT(argv[0])) gen_fatal("libvips does not start");
    if (chdir(argv[1]) != 0) {
        perror(argv[1]);
        return EXIT_FAILURE;
    }
    if (vips_profile_load("cmyk", &blob, NULL) != 0) gen_fatal("libvips has no profile for CMYK");
    gen_bytes_put(&profile, VIPS_AREA(blob)->data, VIPS_AREA(blob)->length);
    file = cut(&profile);
    gen_save(&file, "cmyk.icc");
    gen_bytes_finish(&file);
    gen_bytes_finish(&profile);
    vips_area_unref(VIPS_AREA(blob));
    vips_shutdown();
    return EXIT_SUCCESS;
}
