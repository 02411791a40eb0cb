/* SPDX-License-Identifier: MIT */
/*
 * heif_meta.h - the items of a HEIF file and what it says of them (ISO/IEC 23008-12, box 'meta').
 *
 * th_heif_meta_read() reads the tables once, with their sizes bounded by the file and by constants.
 * After that everything is a lookup. Items of unknown types are kept like others: an item for tone
 * mapping, a depth map or a gain map is no reason to refuse the picture beside it.
 *
 * The file's bytes are borrowed as long as the tables live. Reading from several threads is fine.
 */
#ifndef TH_IMAGE_HEIF_META_H
#define TH_IMAGE_HEIF_META_H

#include "image/heif/heif_box.h"
#include "thumbs/thumbs.h"

enum {
    TH_HEIF_MAX_ITEMS = 1 << 16,
    TH_HEIF_MAX_EXTENTS = 1 << 16,
    TH_HEIF_MAX_PROPERTIES = 1 << 15, /* ipma cannot count further */
    TH_HEIF_MAX_LINKS = 1 << 18       /* of items to properties, and of items to items, each */
};

struct th_heif_item {
    uint32_t id;
    uint32_t type;        /* 'hvc1', 'av01', 'grid', ...; 0: iinf does not know it */
    bool protected_data;  /* encrypted: item_protection_index is not 0 */
    uint8_t construction; /* iloc: 0 offsets in the file, 1 in idat, 2 in another item */
    bool elsewhere;       /* its data lies in another file */
    bool scattered;       /* construction 2: in several items */
    uint64_t base;
    uint32_t first_extent, n_extents;
    uint32_t first_link, n_links; /* to properties */
};

struct th_heif_extent {
    uint64_t offset, len; /* len 0: to the end of what it is in */
};

/* ipma: a property that holds for an item. */
struct th_heif_link {
    uint32_t item;     /* id */
    uint16_t property; /* index from 0; UINT16_MAX: none */
    bool essential;
};

/* iref: `from` refers to `to`; those of one box in their order. */
struct th_heif_reference {
    uint32_t type; /* 'dimg', 'auxl', 'prem', 'thmb', ... */
    uint32_t from, to;
};

struct th_heif_meta {
    const uint8_t *data;
    size_t len;
    uint32_t primary; /* id; 0: pitm is missing */
    struct th_heif_cursor idat;
    struct th_heif_item *items; /* sorted by id, each once */
    size_t n_items;
    struct th_heif_extent *extents;
    size_t n_extents;
    struct th_heif_box *properties;
    size_t n_properties;
    struct th_heif_link *links; /* grouped by item */
    size_t n_links;
    struct th_heif_reference *references;
    size_t n_references;
};

/* Read the tables. CORRUPT: there is no box 'meta', or one that makes no sense. MEMORY. Stage
 * decode. *out is to be finished in any case. */
enum thumbs_code th_heif_meta_read(struct th_heif_meta *out, const uint8_t *data, size_t len,
                                   struct thumbs_error *err);
void th_heif_meta_finish(struct th_heif_meta *meta); /* zeroed is fine */

/* NULL: there is none of this id. */
const struct th_heif_item *th_heif_meta_item(const struct th_heif_meta *meta, uint32_t id);

/* The first property of this type that holds for the item. False: none. */
bool th_heif_meta_property(const struct th_heif_meta *meta, const struct th_heif_item *item,
                           uint32_t type, struct th_heif_cursor *out);

/* Call `each` for the properties of the item in their order (transformations are applied in it)
 * until it returns false. `essential`: who does not know this property must not show the item. */
typedef bool th_heif_property_fn(void *user, const struct th_heif_box *property, bool essential);
void th_heif_meta_properties(const struct th_heif_meta *meta, const struct th_heif_item *item,
                             th_heif_property_fn *each, void *user);

/* The items that `from` refers to by the first reference of this type: *n of them from the
 * returned one on; NULL, and *n 0: there is no such reference. */
const struct th_heif_reference *th_heif_meta_targets(const struct th_heif_meta *meta, uint32_t type,
                                                     uint32_t from, size_t *n);
/* The first item from `*at` on, a position in the references, that refers to `to` so; *at is set
 * behind it. 0: none. */
uint32_t th_heif_meta_source(const struct th_heif_meta *meta, uint32_t type, uint32_t to,
                             size_t *at);

/* The bytes of an item. Where they lie in one piece *out points into the file. Else they are put
 * together in *memory, which the caller frees. CORRUPT: they do not lie in the file. UNSUPPORTED:
 * they are encrypted, in another file, or in several other items. MEMORY. An item whose last
 * extent is cut off by the end of the file gives what is there, and *cut says so. */
enum thumbs_code th_heif_meta_data(const struct th_heif_meta *meta, const struct th_heif_item *item,
                                   struct th_heif_cursor *out, uint8_t **memory, bool *cut,
                                   struct thumbs_error *err);

#endif
