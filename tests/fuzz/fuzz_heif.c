/* SPDX-License-Identifier: MIT */
/*
 * The reader of HEIF containers: any bytes as a file; what it finds must lie in it, whatever the
 * tables claim.
 */
#include "fuzz.h"
#include "image/heif/heif_picture.h"

static void check_piece(const struct th_heif_cursor *c, const uint8_t *data, size_t len,
                        const uint8_t *memory)
{
    uint8_t sum = 0;
    fuzz_check(c->len <= len);
    fuzz_check(memory || c->len == 0 || (c->data >= data && c->data + c->len <= data + len));
    for (size_t i = 0; i < c->len; i++)
        sum ^= c->data[i]; /* a sanitizer sees a byte too far */
    (void)sum;
}

static void check_data(const struct th_heif_meta *m, const struct th_heif_item *item)
{
    struct th_heif_cursor data;
    uint8_t *memory = NULL;
    bool cut;
    if (th_heif_meta_data(m, item, &data, &memory, &cut, NULL) != THUMBS_OK) return;
    check_piece(&data, m->data, m->len, memory);
    free(memory);
}

static void check_layer(const struct th_heif_meta *m, const struct th_heif_layer *l)
{
    fuzz_check(l->width > 0 && l->height > 0 && l->columns > 0 && l->rows > 0);
    fuzz_check((uint64_t)l->columns * l->tile_width >= l->width &&
               (uint64_t)l->rows * l->tile_height >= l->height);
    for (uint32_t row = 0; row < l->rows; row++) {
        for (uint32_t column = 0; column < l->columns; column++) {
            const struct th_heif_item *tile = th_heif_layer_tile(m, l, column, row);
            if (tile) check_data(m, tile);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct th_heif_meta m;
    struct th_heif_picture p;
    uint8_t *copy = fuzz_copy(data, len);
    if (th_heif_meta_read(&m, copy, len, NULL) == THUMBS_OK) {
        for (size_t i = 0; i < m.n_items && i < 64; i++) {
            fuzz_check(i == 0 || m.items[i].id > m.items[i - 1].id);
            fuzz_check(th_heif_meta_item(&m, m.items[i].id) == &m.items[i]);
            check_data(&m, &m.items[i]);
        }
        if (th_heif_picture_read(&m, &p, NULL) == THUMBS_OK) {
            fuzz_check(p.orientation >= 1 && p.orientation <= 8);
            fuzz_check(p.cut_width > 0 && p.cut_width <= p.colour.width - p.cut_x);
            fuzz_check(p.cut_height > 0 && p.cut_height <= p.colour.height - p.cut_y);
            check_piece(&p.icc, copy, len, NULL);
            check_layer(&m, &p.colour);
            if (p.has_alpha) check_layer(&m, &p.alpha);
        }
    }
    th_heif_meta_finish(&m);
    free(copy);
    return 0;
}
