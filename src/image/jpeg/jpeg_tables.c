/* SPDX-License-Identifier: MIT */
#include "image/jpeg/jpeg_tables.h"

#include <string.h>

/* The longest entry. Three of them fit into the 56 bits that a refill leaves at least. Bits that
 * are only skipped need not lie within the table's index, so this is more than TH_JPEG_TABLE_BITS.
 */
#define ENTRY_MAX_BITS 18

/* A long value, of up to 12 + 11 bits, may be the last of three entries between refills. The one
 * before it ends a block or belongs to the same one's wanted coefficients, so it lies within the
 * index; only the first may be as long as an entry can be. */
_Static_assert(ENTRY_MAX_BITS + TH_JPEG_TABLE_BITS + TH_JPEG_TABLE_BITS + 11 <= 56,
               "a long value may outrun the buffer");

bool th_jpeg_code_init(struct th_jpeg_code *c, const struct th_jpeg_huff *h, bool is_dc)
{
    memset(c, 0, sizeof *c);
    memcpy(c->symbols, h->symbols, sizeof c->symbols);
    for (unsigned i = 0; is_dc && i < h->n; i++)
        if (h->symbols[i] > 15) return false;
    int32_t code = 0, index = 0;
    for (unsigned len = 1; len <= 16; len++) {
        c->first_index[len] = index - code;
        for (unsigned i = 0; i < h->counts[len - 1]; i++, code++, index++) {
            if (code >= ((int32_t)1 << len) - 1) return false;
            if (len > TH_JPEG_TABLE_BITS) continue;
            unsigned at = (unsigned)code << (TH_JPEG_TABLE_BITS - len),
                     n = 1u << (TH_JPEG_TABLE_BITS - len);
            memset(c->length + at, (int)len, n);
            memset(c->symbol + at, h->symbols[index], n);
        }
        c->max_code[len] = h->counts[len - 1] ? code - 1 : -1;
        code <<= 1;
    }
    return true;
}

static uint32_t entry(unsigned bits, bool ends, unsigned advance, int32_t value)
{
    return bits | (ends ? TH_JPEG_ENTRY_ENDS : 0) | advance << 8 | (uint32_t)value << 16;
}

/* Append to an entry that has taken `used` bits of `index` as many AC symbols as can be told from
 * the rest, without looking at their values. */
static uint32_t append_skips(const struct th_jpeg_code *ac, unsigned index, unsigned used,
                             bool is_dc, int32_t value)
{
    bool ends = false;
    unsigned advance = 0;
    while (used < TH_JPEG_TABLE_BITS && !ends) {
        unsigned at = index << used & (TH_JPEG_TABLE_SIZE - 1), len = ac->length[at], adv, size;
        if (!len || len > TH_JPEG_TABLE_BITS - used) break;
        if (!th_jpeg_ac_meaning(ac->symbol[at], &adv, &size)) break;
        if (used + len + size > ENTRY_MAX_BITS || advance + adv > 63) break;
        used += len + size;
        advance += adv;
        ends = !adv;
    }
    if (!used) return entry(0, false, TH_JPEG_ADVANCE_SLOW, 0);
    /* An end of block alone must not store its value over the coefficient before it. */
    if (!advance && !is_dc) advance = 1;
    return entry(used, ends, advance, value);
}

/* Append an end of block if it follows, and nothing else. */
static uint32_t append_end(const struct th_jpeg_code *ac, unsigned index, unsigned used,
                           unsigned advance, int32_t value)
{
    unsigned at = index << used & (TH_JPEG_TABLE_SIZE - 1), adv, size;
    unsigned len = used < TH_JPEG_TABLE_BITS ? ac->length[at] : 0;
    if (len && len <= TH_JPEG_TABLE_BITS - used &&
        th_jpeg_ac_meaning(ac->symbol[at], &adv, &size) && !adv)
        return entry(used + len, true, advance, value);
    return entry(used, false, advance, value);
}

static uint32_t dc_entry(const struct th_jpeg_tables *t, unsigned index)
{
    unsigned len = t->dc_code.length[index], size = t->dc_code.symbol[index];
    if (!len || size > 11) return entry(0, false, TH_JPEG_ADVANCE_SLOW, 0);
    if (len + size > TH_JPEG_TABLE_BITS)
        return entry(len + size, false, 0, (int32_t)size) | TH_JPEG_ENTRY_LONG;
    uint32_t bits = index >> (TH_JPEG_TABLE_BITS - len - size) & ((1u << size) - 1);
    int32_t value = th_jpeg_extend(bits, size);
    if (!t->reduction->need) return append_skips(&t->ac_code, index, len + size, true, value);
    return append_end(&t->ac_code, index, len + size, 0, value);
}

/* An AC symbol that may be wanted: with its value, unless it lands behind all that are wanted. */
static uint32_t wanted_entry(const struct th_jpeg_tables *t, unsigned index)
{
    unsigned len = t->ac_code.length[index], adv, size;
    if (!len || !th_jpeg_ac_meaning(t->ac_code.symbol[index], &adv, &size))
        return entry(0, false, TH_JPEG_ADVANCE_SLOW, 0);
    /* To where nothing is stored, or not yet. */
    if (!adv) return entry(len, true, t->reduction->need < 63 ? t->reduction->need + 1 : 1, 0);
    if (adv > t->reduction->need) return append_skips(&t->ac_code, index, 0, false, 0);
    if (len + size > TH_JPEG_TABLE_BITS)
        return entry(len + size, false, adv, (int32_t)size) | TH_JPEG_ENTRY_LONG;
    uint32_t bits = index >> (TH_JPEG_TABLE_BITS - len - size) & ((1u << size) - 1);
    return append_end(&t->ac_code, index, len + size, adv, th_jpeg_extend(bits, size));
}

bool th_jpeg_tables_build(struct th_jpeg_tables *t, const struct th_jpeg_huff *dc,
                          const struct th_jpeg_huff *ac, const struct th_jpeg_reduction *reduction)
{
    t->reduction = NULL; /* unused until complete */
    if (!th_jpeg_code_init(&t->dc_code, dc, true) || !th_jpeg_code_init(&t->ac_code, ac, false))
        return false;
    t->dc_key = *dc;
    t->ac_key = *ac;
    t->reduction = reduction;
    for (unsigned i = 0; i < TH_JPEG_TABLE_SIZE; i++) {
        t->dc[i] = dc_entry(t, i);
        t->ac[0][i] = wanted_entry(t, i);
        if (reduction->need < 63) t->ac[1][i] = append_skips(&t->ac_code, i, 0, false, 0);
    }
    return true;
}
