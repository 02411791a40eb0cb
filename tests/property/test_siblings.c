/* SPDX-License-Identifier: MIT */
/* Promise: no two sources get one output. With --format=keep a file whose content is not what its
 * name says is named after its whole name, which may be what a file beside it is called too: all
 * endings, spellings and contents are tried in pairs. */
#include <criterion/criterion.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image/image.h"
#include "support/tree.h"
#include "thumbs/thumbs.h"

enum { N_CONTENTS = 4, N_SPELLINGS = 4, MAX_PATHS = 1 << 14 };

/* A picture of a few hundred bytes in each format that can be written, and one that is kept as a
 * JPEG. */
static struct {
    uint8_t data[1 << 14];
    size_t len;
    const char *wrong; /* an ending that it should not have */
} contents[N_CONTENTS] = {{.wrong = "webp"}, {.wrong = "jpg"}, {.wrong = "png"}, {.wrong = "webp"}};

static void read_file(const char *path, uint8_t *data, size_t cap, size_t *len)
{
    FILE *f = fopen(path, "rb");
    cr_assert(f, "%s", path);
    *len = fread(data, 1, cap, f);
    cr_assert(*len > 0 && *len < cap, "%s", path);
    fclose(f);
}

static void make_contents(void)
{
    static const uint32_t formats[] = {THUMBS_FORMAT_JPEG, THUMBS_FORMAT_PNG, THUMBS_FORMAT_WEBP};
    static uint8_t sample[1 << 20];
    struct thumbs_options o;
    struct thumbs_images *images = NULL;
    struct thumbs_error err = {0};
    size_t len;
    thumbs_options_init(&o);
    o.image.sizes[0] = (struct thumbs_size){.width = 8, .height = 8};
    o.image.n_formats = 3;
    memcpy(o.image.formats, formats, sizeof formats);
    read_file(TEST_SAMPLES "/jpeg/baseline-420.jpg", sample, sizeof sample, &len);
    cr_assert_eq(thumbs_make(sample, len, &o.image, &images, NULL, &err), THUMBS_OK, "%s",
                 err.message);
    for (size_t i = 0; i < 3; i++) {
        const struct thumbs_image *image = thumbs_images_get(images, i);
        cr_assert_leq(image->len, sizeof contents[i].data);
        memcpy(contents[i].data, image->data, image->len);
        contents[i].len = image->len;
    }
    thumbs_images_destroy(images);
    read_file(TEST_SAMPLES "/gif/still.gif", contents[3].data, sizeof contents[3].data,
              &contents[3].len);
}

static void write_file(const char *folder, const char *name, size_t content)
{
    char *path = test_path(folder, name);
    FILE *f = fopen(path, "wb");
    cr_assert(f, "%s", path);
    cr_assert_eq(fwrite(contents[content].data, 1, contents[content].len, f),
                 contents[content].len);
    cr_assert_eq(fclose(f), 0);
    free(path);
}

/* Lower, every other letter upper, all upper, the first letter upper. */
static void spell(char *ending, unsigned spelling)
{
    for (size_t k = 0; ending[k]; k++) {
        bool upper = spelling == 1 ? k % 2 == 0 : spelling == 2 || (spelling == 3 && k == 0);
        if (upper) ending[k] = (char)toupper((unsigned char)ending[k]);
    }
}

/* A folder of its own with a.WRONG, holding `content`, and a.WRONG.ENDING. */
static void add_pair(const char *source, size_t content, const char *ending, unsigned spelling,
                     size_t beside)
{
    static unsigned n;
    char name[64], spelled[16], *folder;
    snprintf(name, sizeof name, "%05u", n++);
    folder = test_path(source, name);
    cr_assert_eq(mkdir(folder, 0777), 0);
    snprintf(name, sizeof name, "a.%s", contents[content].wrong);
    write_file(folder, name, content);
    snprintf(spelled, sizeof spelled, "%s", ending);
    spell(spelled, spelling);
    snprintf(name, sizeof name, "a.%s.%s", contents[content].wrong, spelled);
    write_file(folder, name, beside);
    free(folder);
}

static void add_pairs(const char *source, const char *ending)
{
    for (size_t content = 0; content < N_CONTENTS; content++)
        for (unsigned spelling = 0; spelling < N_SPELLINGS; spelling++)
            add_pair(source, content, ending, spelling,
                     spelling % 2 ? content : (content + 1 + spelling) % N_CONTENTS);
}

static char *paths[MAX_PATHS];
static size_t n_paths, n_done;

/* Mode sync: one call at a time. */
static void take_paths(void *user, const struct thumbs_event *event)
{
    (void)user;
    if (event->status != THUMBS_STATUS_DONE) return;
    n_done++;
    for (size_t i = 0; i < event->n_outputs && n_paths < MAX_PATHS; i++)
        cr_assert(paths[n_paths++] = strdup(event->outputs[i].path));
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void check(const char *source, const struct thumbs_options *o)
{
    struct thumbs_batch *batch = NULL;
    struct thumbs_error err = {0};
    char *dest = test_folder_make();
    size_t n_files;
    n_paths = n_done = 0;
    cr_assert_eq(thumbs_batch_create(o, &source, 1, dest, &batch, &err), THUMBS_OK, "%s",
                 err.message);
    cr_assert_eq(thumbs_batch_run(batch, take_paths, NULL, &err), THUMBS_OK, "%s", err.message);
    thumbs_batch_destroy(batch);
    cr_assert_lt(n_paths, MAX_PATHS);
    qsort(paths, n_paths, sizeof *paths, compare);
    for (size_t i = 1; i < n_paths; i++)
        cr_expect_str_neq(paths[i - 1], paths[i], "two sources are done, with one output");
    test_tree_hash(dest, &n_files);
    cr_expect_eq(n_files, n_paths);
    /* In a pair somebody gets an output, whatever the other is. */
    cr_expect_geq(2 * n_done, n_paths / o->image.n_formats);
    for (size_t i = 0; i < n_paths; i++)
        free(paths[i]);
    test_folder_remove(dest);
}

Test(siblings, no_output_of_two_sources, .timeout = 120)
{
    char *source = test_folder_make();
    struct thumbs_options o;
    make_contents();
    for (unsigned f = 0; f < THUMBS_N_FORMATS; f++) {
        const char *const *endings = th_format((enum thumbs_format)f)->endings;
        for (size_t i = 0; i < TH_FORMAT_MAX_ENDINGS && endings[i]; i++)
            add_pairs(source, endings[i]);
    }
    add_pairs(source, "bak"); /* of no format */
    add_pairs(source, "");
    thumbs_options_init(&o);
    o.mode = THUMBS_MODE_SYNC;
    o.image.sizes[0] = (struct thumbs_size){.width = 4, .height = 4};
    o.image.formats[0] = THUMBS_FORMAT_KEEP;
    check(source, &o);
    o.image.n_formats = 2;
    o.image.formats[1] = THUMBS_FORMAT_PNG;
    check(source, &o);
    test_folder_remove(source);
}
