/* SPDX-License-Identifier: MIT */
#include "base/hashmap.h"

#include <stdlib.h>
#include <string.h>

#include "base/sys.h"

/* The cell of a key, or the free one where it belongs. */
static struct th_hashmap_cell *cell_of(struct th_hashmap_cell *cells, size_t cap, uint64_t key)
{
    size_t i = key & (cap - 1);
    while (cells[i].key != 0 && cells[i].key != key)
        i = (i + 1) & (cap - 1);
    return &cells[i];
}

/* 0 marks a free cell. */
static uint64_t usable(uint64_t key)
{
    return key ? key : 1;
}

static bool make_room(struct th_hashmap *map)
{
    size_t cap = map->cap ? map->cap * 2 : 1024;
    if (map->n * 2 < map->cap) return true;
    struct th_hashmap_cell *cells = th_calloc(cap, sizeof *cells);
    if (!cells) return false;
    for (size_t i = 0; i < map->cap; i++) {
        if (map->cells[i].key) *cell_of(cells, cap, map->cells[i].key) = map->cells[i];
    }
    free(map->cells);
    map->cells = cells;
    map->cap = cap;
    return true;
}

uint64_t *th_hashmap_put(struct th_hashmap *map, uint64_t key, uint64_t value, bool *is_new)
{
    if (!make_room(map)) return NULL;
    struct th_hashmap_cell *cell = cell_of(map->cells, map->cap, usable(key));
    if (is_new) *is_new = cell->key == 0;
    if (cell->key == 0) {
        *cell = (struct th_hashmap_cell){.key = usable(key), .value = value};
        map->n++;
    }
    return &cell->value;
}

uint64_t *th_hashmap_find(const struct th_hashmap *map, uint64_t key)
{
    if (map->n == 0) return NULL;
    struct th_hashmap_cell *cell = cell_of(map->cells, map->cap, usable(key));
    return cell->key ? &cell->value : NULL;
}

void th_hashmap_clear(struct th_hashmap *map)
{
    if (map->n) memset(map->cells, 0, map->cap * sizeof *map->cells);
    map->n = 0;
}

void th_hashmap_finish(struct th_hashmap *map)
{
    free(map->cells);
    *map = (struct th_hashmap){0};
}
