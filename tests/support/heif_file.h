/* SPDX-License-Identifier: MIT */
/*
 * heif_file.h - HEIF files put together from parts, as no encoder would do on demand. For tests and
 * for the generator of samples; needs nothing of thumbs.
 *
 * A file is a list of items, what they refer to, and properties. Coded data comes from files of one
 * item that libheif wrote. What goes wrong (no memory) ends the program.
 */
#ifndef TEST_SUPPORT_HEIF_FILE_H
#define TEST_SUPPORT_HEIF_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct heif_bytes {
    uint8_t *data; /* owned; free() */
    size_t len, cap;
};
void heif_put(struct heif_bytes *b, const void *data, size_t len);
void heif_put_be(struct heif_bytes *b, uint64_t value, unsigned n_bytes);

enum { HEIF_MOST_PROPERTIES = 8, HEIF_MOST_TARGETS = 64, HEIF_MOST = 64 };

struct heif_item {
    uint32_t id;
    const char *type; /* "hvc1" */
    const void *data; /* borrowed */
    size_t len;
    unsigned construction; /* 2: the bytes are found in the data of item `within` */
    uint32_t within;
    unsigned n_extents; /* 0 and 1: one */
    bool hidden, encrypted, elsewhere;
    unsigned properties[HEIF_MOST_PROPERTIES]; /* numbers that heif_property() gave; 0 ends */
};

struct heif_file {
    const char *brand; /* "heic" */
    uint32_t primary;
    struct heif_item items[HEIF_MOST];
    unsigned n_items;
    struct {
        const char *type;
        uint32_t from, to[HEIF_MOST_TARGETS];
        unsigned n;
    } references[HEIF_MOST];
    unsigned n_references;
    struct {
        const char *type;
        struct heif_bytes body;
    } properties[HEIF_MOST];
    unsigned n_properties;
    uint32_t alternatives[4]; /* grpl with one 'altr'; 0 ends */
};

/* The coded picture in a file of one item: the bodies of its hvcC or av1C and its data, within
 * `file`. False: there is none. */
struct heif_coded {
    const char *type; /* "hvc1" or "av01" */
    const uint8_t *config, *data;
    size_t config_len, data_len;
};
bool heif_coded_find(const uint8_t *file, size_t len, struct heif_coded *out);

/* Add to a zeroed file. Properties are counted from 1. */
unsigned heif_property(struct heif_file *f, const char *type, const void *body, size_t len);
unsigned heif_size(struct heif_file *f, uint32_t width, uint32_t height);
unsigned heif_nclx(struct heif_file *f, unsigned primaries, unsigned transfer, unsigned matrix,
                   bool full_range);
unsigned heif_config(struct heif_file *f, const struct heif_coded *coded);
struct heif_item *heif_add(struct heif_file *f, uint32_t id, const char *type, const void *data,
                           size_t len);
void heif_has(struct heif_item *item, unsigned property); /* appends it */
void heif_refer(struct heif_file *f, const char *type, uint32_t from, uint32_t to);

/* The body of a 'grid' item. */
enum { HEIF_GRID_LEN = 8 };
void heif_grid(uint8_t out[HEIF_GRID_LEN], unsigned rows, unsigned columns, unsigned width,
               unsigned height);

/* The bytes of the file; the caller frees them. */
struct heif_bytes heif_write(const struct heif_file *f);
void heif_file_finish(struct heif_file *f); /* the properties that it holds */

#endif
