/* SPDX-License-Identifier: MIT */
/*
 * Scans by T.81 G.1 and G.2, with libjpeg-turbo's answers (jdphuff.c, jdmarker.c) to what is not by
 * it: bits behind the end are zero until the MCU is complete, then blocks are passed over until a
 * restart; an unknown code is 17 bits long and means symbol 0; a run past position 63 ends there.
 */
#include "image/jpeg/jpeg_band.h"

#include <string.h>

#include "base/view.h"

#define LOOK_BITS   TH_JPEG_BAND_LOOK_BITS
#define LOOK_SIZE   (1u << LOOK_BITS)
#define SYMBOL_BITS 32 /* the longest symbol with the bits that follow it, or an unknown one */

/* An entry: bits 0 to 5 how many bits it takes (0: they have been taken), bits 8 to 12 a run, bits
 * 16 to 31 a value. For AC: HAS, there is a coefficient of that value behind the run; ENDS, the
 * value is a run of blocks. */
#define ENTRY_ENDS 0x40u
#define ENTRY_HAS  0x80u

/* An entry of `skip` holds as many whole symbols as lie within the index: bits 0 to 5 how many bits
 * they take, bit 6 whether they end the block (ENTRY_ENDS), bits 8 to 15 how far they move the
 * position, bits 16 to 31 the run of blocks, bits 32 to 63 which coefficients, from the position,
 * are not zero. */
#define SKIP_ADVANCE_MAX 32

#define INLINE static inline __attribute__((always_inline))

/* Whole bytes that libjpeg-turbo may have read ahead of its need. Behind the last MCU of a scan it
 * forgets them. */
#define READ_AHEAD 7

#define TEM 0x01 /* a marker that may stand anywhere */

/* ---- bits ---- */

/* Is one of the bytes 0xFF? */
static inline bool has_ff(uint64_t v)
{
    const uint64_t low = UINT64_C(0x7F7F7F7F7F7F7F7F), high = UINT64_C(0x8080808080808080);
    return ((v & low) + UINT64_C(0x0101010101010101)) & v & high;
}

/* Past the fill bytes at `p`: what follows them, or `end`. */
static const uint8_t *past_fill(const uint8_t *p, const uint8_t *end)
{
    while (p < end && *p == 0xFF)
        p++;
    return p;
}

static __attribute__((noinline)) void refill_slow(struct th_jpeg_band_bits *s)
{
    while (s->n <= 56) {
        const uint8_t *next = s->in;
        if (next < s->end && *next == 0xFF) {
            next = past_fill(next, s->end);
            if (next < s->end && *next) next = s->end; /* a marker */
        }
        if (next >= s->end) {
            s->pad += 64 - s->n;
            s->n = 64;
            return;
        }
        uint64_t byte = next == s->in ? *next : 0xFF;
        s->buf |= byte << (56 - s->n);
        s->n += 8;
        s->in = next + 1;
    }
}

/* If there are fewer than `least` bits, get 57 or more, some of which may be padding. */
INLINE void refill(struct th_jpeg_band_bits *s, int32_t least)
{
    if (s->n >= least) return;
    if (__builtin_expect(s->end - s->in >= 8, 1)) {
        uint64_t v = th_load_be64(s->in);
        if (__builtin_expect(!has_ff(v), 1)) {
            unsigned bytes = (unsigned)(64 - s->n) >> 3;
            s->buf |= v >> s->n;
            s->in += bytes;
            s->n += (int32_t)(8 * bytes);
            return; /* below the n bits are some of the byte at `in`, which will come again */
        }
    }
    refill_slow(s);
}

static inline void take(struct th_jpeg_band_bits *s, unsigned n)
{
    s->buf <<= n;
    s->n -= (int32_t)n;
}

/* n bits, 1 to 16, which are there. */
static inline uint32_t get(struct th_jpeg_band_bits *s, unsigned n)
{
    uint32_t v = (uint32_t)(s->buf >> (64 - n));
    take(s, n);
    return v;
}

/* Have more bits been used than there were? */
static inline bool overrun(const struct th_jpeg_band_bits *s)
{
    return s->n < s->pad;
}

/* ---- codes ---- */

/* T.81 F.2.2.1: the value that `size` extra bits stand for. */
static int32_t extend(uint32_t bits, unsigned size)
{
    return size && !(bits >> (size - 1)) ? (int32_t)bits - (int32_t)((1u << size) - 1)
                                         : (int32_t)bits;
}

static uint32_t entry(unsigned n_bits, uint32_t flags, unsigned run, int32_t value)
{
    return n_bits | flags | run << 8 | (uint32_t)value << 16;
}

/* How many bits follow a symbol. A refinement has one bit for each new coefficient, whatever its
 * size. */
static unsigned extra_bits(const struct th_jpeg_band *b, uint8_t symbol)
{
    unsigned run = symbol >> 4, size = symbol & 15;
    if (!b->ss) return size;
    if (!size) return run == 15 ? 0 : run;
    return b->ah ? 1 : size;
}

/* The entry for a symbol and the bits that follow it. */
static uint32_t entry_of(const struct th_jpeg_band *b, uint8_t symbol, uint32_t bits,
                         unsigned n_bits)
{
    unsigned run = symbol >> 4, size = symbol & 15;
    if (!b->ss) return entry(n_bits, 0, 0, extend(bits, size));
    if (!size && run < 15) return entry(n_bits, ENTRY_ENDS, 0, (int32_t)((1u << run) + bits));
    /* A refinement counts the zeros it passes over, and goes on behind the last. */
    if (!size) return entry(n_bits, 0, b->ah ? 15 : 16, 0);
    uint32_t value = (uint32_t)(b->ah ? (bits ? 1 : -1) : extend(bits, size)) << b->al;
    return entry(n_bits, ENTRY_HAS, run, (int32_t)value);
}

/* Can the entry say all there is to the symbol? */
static bool fits_entry(const struct th_jpeg_band *b, uint8_t symbol, unsigned n_bits)
{
    unsigned size = symbol & 15;
    if (n_bits > LOOK_BITS) return false;
    if (!b->ss || !size) return true;
    return b->ah ? size == 1 : size + b->al < 16;
}

static void fill_look(struct th_jpeg_band_code *c, const struct th_jpeg_band *b, uint32_t code,
                      unsigned len, uint8_t symbol)
{
    unsigned extra = extra_bits(b, symbol);
    if (!fits_entry(b, symbol, len + extra)) return;
    uint32_t *at = c->look + ((size_t)code << (LOOK_BITS - len));
    for (uint32_t v = 0; v < 1u << extra; v++) {
        uint32_t e = entry_of(b, symbol, v, len + extra);
        for (uint32_t i = 0; i < 1u << (LOOK_BITS - len - extra); i++)
            *at++ = e;
    }
}

static uint64_t skip_entry(const struct th_jpeg_band_code *c, uint32_t index)
{
    uint64_t pattern = 0;
    unsigned used = 0, advance = 0, run_of_blocks = 0;
    while (used < LOOK_BITS && !run_of_blocks) {
        uint32_t e = c->look[index << used & (LOOK_SIZE - 1)], has = e / ENTRY_HAS & 1;
        unsigned end = advance + (e >> 8 & 31) + has;
        if (!e || used + (e & 63) > LOOK_BITS || end > SKIP_ADVANCE_MAX) break;
        used += e & 63;
        if (e & ENTRY_ENDS) run_of_blocks = e >> 16;
        if (has) pattern |= UINT64_C(1) << (end - 1);
        advance = end;
    }
    return pattern << 32 | (uint64_t)run_of_blocks << 16 | advance << 8 |
           (run_of_blocks ? ENTRY_ENDS : 0) | used;
}

/* Whether values are passed over in this scan. */
static bool skips(const struct th_jpeg_band *b)
{
    return b->ss && !b->ah;
}

size_t th_jpeg_band_code_size(const struct th_jpeg_band *b)
{
    return sizeof(struct th_jpeg_band_code) + (skips(b) ? TH_JPEG_BAND_SKIP_BYTES : 0);
}

bool th_jpeg_band_code_init(struct th_jpeg_band_code *c, const struct th_jpeg_huff *h,
                            const struct th_jpeg_band *b)
{
    if (!h->present) return false;
    memset(c->look, 0, sizeof c->look);
    memcpy(c->symbols, h->symbols, sizeof c->symbols);
    int32_t code = 0, index = 0;
    for (unsigned len = 1; len <= 16; len++) {
        c->first_index[len] = index - code;
        for (unsigned i = 0; i < h->counts[len - 1]; i++, code++, index++) {
            if (code >= ((int32_t)1 << len) - 1) return false;
            if (!b->ss && h->symbols[index] > 15) return false;
            fill_look(c, b, (uint32_t)code, len, h->symbols[index]);
        }
        c->max_code[len] = h->counts[len - 1] ? code - 1 : -1;
        code <<= 1;
    }
    c->max_code[17] = INT32_MAX;
    for (uint32_t i = 0; i < LOOK_SIZE && skips(b); i++)
        c->skip[i] = skip_entry(c, i);
    return true;
}

/* One symbol by the book, with the bits that follow it. They are taken already, so the entry takes
 * none. */
static __attribute__((noinline)) uint32_t symbol_by_book(struct th_jpeg_band *b,
                                                         struct th_jpeg_band_bits *s,
                                                         const struct th_jpeg_band_code *c)
{
    unsigned len = 1;
    while ((int32_t)(s->buf >> (64 - len)) > c->max_code[len])
        len++;
    int32_t code = (int32_t)(s->buf >> (64 - len));
    uint8_t symbol = len <= 16 ? c->symbols[(unsigned)(c->first_index[len] + code) & 255] : 0;
    take(s, len);
    if (len > 16 || (b->ss && b->ah && (symbol & 15) > 1)) b->damaged = true;
    unsigned extra = extra_bits(b, symbol);
    return entry_of(b, symbol, extra ? get(s, extra) : 0, 0);
}

INLINE uint32_t next_entry(struct th_jpeg_band *b, struct th_jpeg_band_bits *s,
                           const struct th_jpeg_band_code *c)
{
    refill(s, SYMBOL_BITS);
    uint32_t e = c->look[s->buf >> (64 - LOOK_BITS)];
    if (__builtin_expect(!e, 0)) return symbol_by_book(b, s, c);
    take(s, e & 63);
    return e;
}

/* ---- restarts ---- */

/* Are more than `most` whole bytes of data left in front of the next marker? Fill bytes are none.
 */
static bool left_over(const struct th_jpeg_band_bits *s, unsigned most)
{
    const uint8_t *p = s->in;
    unsigned n = s->n > s->pad ? (unsigned)(s->n - s->pad) / 8 : 0;
    for (; p < s->end && n <= most; n++, p++) {
        if (*p != 0xFF) continue;
        p = past_fill(p, s->end);
        if (p == s->end || *p) break;
    }
    return n > most;
}

/* Step to the next marker at or behind `in`; false, and at the end, if there is none. */
static bool find_marker(struct th_jpeg_band_bits *s)
{
    const uint8_t *code = s->end;
    for (;;) {
        const uint8_t *ff = s->in < s->end ? memchr(s->in, 0xFF, (size_t)(s->end - s->in)) : NULL;
        code = ff ? past_fill(ff, s->end) : s->end;
        s->in = ff ? ff : s->end;
        if (code >= s->end || *code) break;
        s->in = code + 1;
    }
    return code < s->end;
}

enum resync { RESYNC_HERE, RESYNC_NEXT, RESYNC_WAIT };

/* What to do about a marker where another one should be: libjpeg's jpeg_resync_to_restart(). */
static enum resync resync(uint8_t marker, unsigned desired)
{
    if (marker < 0xC0) return RESYNC_NEXT;
    if (marker < 0xD0 || marker > 0xD7) return RESYNC_WAIT;
    unsigned ahead = (marker - desired) & 7;
    if (ahead == 1 || ahead == 2) return RESYNC_WAIT;
    return ahead == 6 || ahead == 7 ? RESYNC_NEXT : RESYNC_HERE;
}

static void restart(struct th_jpeg_band *b)
{
    struct th_jpeg_band_bits *s = &b->bits;
    if (left_over(s, 0)) b->damaged = true;
    s->buf = 0;
    s->n = s->pad = 0;
    memset(b->predictions, 0, sizeof b->predictions);
    b->eob_run = 0;
    b->until_restart = b->interval;
    unsigned desired = b->next_restart;
    b->next_restart = (desired + 1) & 7;
    while (find_marker(s)) {
        const uint8_t *code = past_fill(s->in, s->end);
        enum resync what = *code == 0xD0 + desired ? RESYNC_HERE : resync(*code, desired);
        if (*code != 0xD0 + desired) b->damaged = true;
        if (what == RESYNC_WAIT) return;
        s->in = code + 1;
        if (what == RESYNC_HERE) {
            b->dry = false;
            return;
        }
    }
    b->damaged = true;
}

/* ---- DC ---- */

/* One block of the MCUs of a scan. */
struct spot {
    int16_t *record; /* in the next MCU */
    size_t step;     /* to the one behind that */
    const struct th_jpeg_band_code *code;
    int64_t *prediction;
};

/* The blocks of the x-th MCU, in order; at most as many as the frame's MCU may have. */
static unsigned list_spots(struct th_jpeg_band *b, const struct th_jpeg_band_blocks *blocks,
                           uint32_t x, struct spot spots[TH_JPEG_BAND_SPOTS])
{
    unsigned n = 0;
    for (unsigned i = 0; i < b->n_components; i++) {
        const struct th_jpeg_band_blocks *c = &blocks[i];
        size_t record = TH_JPEG_BAND_RECORD(c->need), step = c->h * record;
        for (size_t y = 0; y < c->v; y++)
            for (size_t bx = 0; bx < c->h; bx++)
                spots[n++] =
                    (struct spot){.record = c->records + x * step + (y * c->stride + bx) * record,
                                  .step = step,
                                  .code = b->codes[i],
                                  .prediction = &b->predictions[i]};
    }
    return n;
}

INLINE void dc_first(struct th_jpeg_band *b, struct th_jpeg_band_bits *s, struct spot *spots,
                     unsigned n_spots)
{
    for (unsigned i = 0; i < n_spots; i++) {
        struct spot *p = &spots[i];
        *p->prediction += (int32_t)next_entry(b, s, p->code) >> 16;
        *p->record = (int16_t)((uint64_t)*p->prediction << b->al);
        p->record += p->step;
    }
}

INLINE void dc_refine(struct th_jpeg_band *b, struct th_jpeg_band_bits *s, struct spot *spots,
                      unsigned n_spots)
{
    refill(s, (int32_t)n_spots);
    uint64_t bits = s->buf;
    for (unsigned i = 0; i < n_spots; i++, bits <<= 1) {
        *spots[i].record = (int16_t)(*spots[i].record | (int32_t)(bits >> 63) << b->al);
        spots[i].record += spots[i].step;
    }
    take(s, n_spots);
}

/* n MCUs from the x-th. */
static void dc_mcus(struct th_jpeg_band *b, const struct th_jpeg_band_blocks *blocks, uint32_t x,
                    uint32_t n)
{
    struct spot spots[TH_JPEG_BAND_SPOTS];
    unsigned n_spots = list_spots(b, blocks, x, spots);
    struct th_jpeg_band_bits s = b->bits;
    for (; n && !b->dry; n--) {
        if (b->ah)
            dc_refine(b, &s, spots, n_spots);
        else
            dc_first(b, &s, spots, n_spots);
        if (overrun(&s)) b->dry = true;
    }
    b->bits = s;
    for (unsigned i = 0; i < b->n_components; i++)
        b->wild |= b->predictions[i] > INT32_MAX || b->predictions[i] < INT32_MIN;
}

/* ---- AC ---- */

INLINE void store(const struct th_jpeg_band_blocks *c, int16_t *record, unsigned k, int16_t value)
{
    if (k <= c->need) record[k] = value;
}

/* A block on its way: its mask, and the next position. */
struct block {
    int16_t *record;
    uint64_t mask;
    unsigned k;
};

/* One symbol; false: the block ends. */
INLINE bool first_symbol(struct th_jpeg_band *b, struct th_jpeg_band_bits *s,
                         const struct th_jpeg_band_blocks *c, struct block *block,
                         uint32_t *eob_run)
{
    uint32_t e = next_entry(b, s, b->codes[0]);
    if (e & ENTRY_ENDS) {
        *eob_run = (e >> 16) - 1;
        return false;
    }
    block->k += e >> 8 & 31;
    if (__builtin_expect(block->k > 63, 0)) {
        if (!(e & ENTRY_HAS)) return false;
        block->k = 63;
    }
    if (e & ENTRY_HAS) {
        int16_t value = (int16_t)(e >> 16);
        uint64_t at = UINT64_C(1) << block->k;
        block->mask |= at;
        if (__builtin_expect(!value, 0)) block->mask &= ~at; /* shifted out of its 16 bits */
        store(c, block->record, block->k, value);
        block->k++;
    }
    return block->k <= b->se;
}

/* The new coefficients of one block. Behind the last that is wanted, symbols are taken several at a
 * time. */
INLINE uint64_t first_block(struct th_jpeg_band *b, struct th_jpeg_band_bits *s,
                            const struct th_jpeg_band_blocks *c, struct block block,
                            uint32_t *eob_run)
{
    const uint64_t *skip = b->codes[0]->skip;
    unsigned need = c->need, se = b->se;
    while (block.k <= need)
        if (!first_symbol(b, s, c, &block, eob_run)) return block.mask;
    for (;;) {
        refill(s, SYMBOL_BITS);
        uint64_t e = skip[s->buf >> (64 - LOOK_BITS)];
        unsigned end = block.k + (e >> 8 & 255);
        if (__builtin_expect(!e || end > se, 0)) {
            if (!first_symbol(b, s, c, &block, eob_run)) return block.mask;
            continue;
        }
        take(s, e & 63);
        block.mask |= e >> 32 << block.k;
        block.k = end;
        if (e & ENTRY_ENDS) {
            *eob_run = (e >> 16 & 0xFFFF) - 1;
            return block.mask;
        }
    }
}

INLINE void first_blocks(struct th_jpeg_band *b, const struct th_jpeg_band_blocks *c, uint32_t x,
                         uint32_t n)
{
    struct th_jpeg_band_bits s = b->bits;
    uint32_t eob_run = b->eob_run, end = x + n;
    while (x < end) {
        uint32_t skip = eob_run < end - x ? eob_run : end - x;
        eob_run -= skip;
        x += skip;
        if (x == end) break;
        struct block block = {c->records + (size_t)x * TH_JPEG_BAND_RECORD(c->need), c->masks[x],
                              b->ss};
        c->masks[x++] = first_block(b, &s, c, block, &eob_run);
        if (overrun(&s)) {
            b->dry = true;
            break;
        }
    }
    b->eob_run = eob_run;
    b->bits = s;
}

/* Up to n bits, at most 63, from the top of the result; they are passed over. */
INLINE uint64_t correction_bits(struct th_jpeg_band_bits *s, int32_t n)
{
    refill(s, n < 57 ? n : 57);
    uint64_t bits = s->buf;
    if (__builtin_expect(n > s->n, 0)) {
        const unsigned have = (unsigned)s->n; /* at least 57 */
        n -= s->n;
        take(s, have / 2);
        take(s, have - have / 2);
        refill(s, n);
        bits = (bits & ~(~UINT64_C(0) >> have)) | s->buf >> have;
    }
    take(s, (unsigned)n);
    return bits;
}

INLINE uint64_t reversed(uint64_t v)
{
    const uint64_t ones = UINT64_C(0x5555555555555555), twos = UINT64_C(0x3333333333333333),
                   fours = UINT64_C(0x0F0F0F0F0F0F0F0F);
    v = (v >> 1 & ones) | (v & ones) << 1;
    v = (v >> 2 & twos) | (v & twos) << 2;
    v = (v >> 4 & fours) | (v & fours) << 4;
    return __builtin_bswap64(v);
}

/* The first bits, from the top, to where `there` has ones, from the bottom. */
INLINE uint64_t scatter(uint64_t bits, uint64_t there, bool deposit)
{
#if defined(__x86_64__)
    if (deposit) {
        uint64_t low = reversed(bits), out;
        __asm__("pdep %2, %1, %0"
                : "=r"(out)
                : "r"(low), "r"(there)); /* the intrinsic is for BMI2 code alone */
        return out;
    }
#endif
    (void)deposit;
    uint64_t out = 0;
    for (; there; there &= there - 1, bits <<= 1)
        out |= bits >> 63 ? there & -there : 0;
    return out;
}

/* Add one bit to the size of those of eight coefficients that `which` names, unless it is set
 * already: whole vectors, and no branch on what is as good as random. */
INLINE void correct_8(int16_t *restrict record, uint32_t which, unsigned al)
{
    static const int16_t one[8] = {1, 2, 4, 8, 16, 32, 64, 128};
    const int16_t step = (int16_t)(1 << al);
    for (unsigned i = 0; i < 8; i++) {
        int16_t value = record[i], sign = (int16_t)(value < 0 ? -1 : 0);
        int16_t add = (int16_t)(((int16_t)which & one[i]) == one[i] ? step : 0);
        add = (int16_t)(add & ~value);
        record[i] = (int16_t)(value + ((add ^ sign) - sign));
    }
}

INLINE void correct(int16_t *record, uint64_t there, uint64_t bits, unsigned al, bool deposit)
{
    if (!there) return;
    uint64_t which = scatter(bits, there, deposit);
    for (; which; which >>= 8, record += 8)
        correct_8(record, (uint32_t)which & 255, al);
}

/* The lowest bit of `zeros` behind `run` others; 0: there is none. */
INLINE uint64_t nth_bit(uint64_t zeros, unsigned run, bool deposit)
{
#if defined(__x86_64__)
    if (deposit) {
        uint64_t bit = UINT64_C(1) << run, at;
        __asm__("pdep %2, %1, %0"
                : "=r"(at)
                : "r"(bit), "r"(zeros)); /* the intrinsic is for BMI2 code alone */
        return at;
    }
#endif
    (void)deposit;
    for (; run; run--)
        zeros &= zeros - 1;
    return zeros & -zeros;
}

/* New coefficients of one block among those that are there, whose correction bits come between. The
 * bits of wanted ones are gathered, in order, and used at the end. */
INLINE uint64_t refine_block(struct th_jpeg_band *b, struct th_jpeg_band_bits *s,
                             const struct th_jpeg_band_blocks *c, struct block block,
                             uint32_t *eob_run, bool deposit)
{
    const struct th_jpeg_band_code *code = b->codes[0];
    const uint64_t wanted = (UINT64_C(2) << c->need) - 1;
    uint64_t left = ~UINT64_C(0) << b->ss &
                    ~UINT64_C(0) >> (63 - b->se); /* positions of the band still to come */
    uint64_t there = block.mask & left & wanted, bits = 0;
    int32_t n_bits = 0;
    while (left && !*eob_run) {
        uint32_t e = next_entry(b, s, code);
        if (e & ENTRY_ENDS) {
            *eob_run = e >> 16;
            break;
        }
        uint64_t at = nth_bit(~block.mask & left, e >> 8 & 31, deposit), before = left & (at - 1);
        int32_t n = __builtin_popcountll(block.mask & before);
        uint64_t more = correction_bits(s, n);
        if (left & wanted) { /* so fewer than 63 have come */
            bits = (bits & ~(~UINT64_C(0) >> n_bits)) | more >> n_bits;
            n_bits += n;
        }
        if (e & ENTRY_HAS) {
            /* With no zero left, libjpeg puts it behind the band. */
            unsigned k = at ? (unsigned)__builtin_ctzll(at) : b->se < 63 ? b->se + 1u : 63;
            block.mask |= UINT64_C(1) << k;
            if (k <= c->need) block.record[k] = (int16_t)(e >> 16);
        }
        left &= ~(at | before);
    }
    if (*eob_run) {
        uint64_t more = correction_bits(s, __builtin_popcountll(block.mask & left));
        if (left & wanted) bits = (bits & ~(~UINT64_C(0) >> n_bits)) | more >> n_bits;
        --*eob_run;
    }
    correct(block.record, there, bits, b->al, deposit);
    return block.mask;
}

INLINE void refine_blocks(struct th_jpeg_band *b, const struct th_jpeg_band_blocks *c, uint32_t x,
                          uint32_t n, bool deposit)
{
    struct th_jpeg_band_bits s = b->bits;
    uint32_t eob_run = b->eob_run;
    for (uint32_t end = x + n; x < end; x++) {
        struct block block = {c->records + (size_t)x * TH_JPEG_BAND_RECORD(c->need), c->masks[x],
                              b->ss};
        c->masks[x] = refine_block(b, &s, c, block, &eob_run, deposit);
        if (overrun(&s)) {
            b->dry = true;
            break;
        }
    }
    b->eob_run = eob_run;
    b->bits = s;
}

INLINE void ac_blocks(struct th_jpeg_band *b, const struct th_jpeg_band_blocks *c, uint32_t x,
                      uint32_t n, bool deposit)
{
    if (b->ah)
        refine_blocks(b, c, x, n, deposit);
    else
        first_blocks(b, c, x, n);
}

static void ac_plain(struct th_jpeg_band *b, const struct th_jpeg_band_blocks *c, uint32_t x,
                     uint32_t n)
{
    ac_blocks(b, c, x, n, false);
}

#if defined(__x86_64__)
/* Counting bits is one instruction there, shifts are one instead of three, and so is finding the
 * n-th bit. */
__attribute__((target("bmi,bmi2,popcnt"))) static void
ac_bmi2(struct th_jpeg_band *b, const struct th_jpeg_band_blocks *c, uint32_t x, uint32_t n)
{
    ac_blocks(b, c, x, n, true);
}

/* The first two Zen take a hundred cycles for the last of these. */
static bool bmi2_is_fast(void)
{
    return __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
           __builtin_cpu_supports("popcnt") && !__builtin_cpu_is("znver1") &&
           !__builtin_cpu_is("znver2");
}
#endif

static void ac_any(struct th_jpeg_band *b, const struct th_jpeg_band_blocks *c, uint32_t x,
                   uint32_t n)
{
#if defined(__x86_64__)
    if (bmi2_is_fast()) {
        ac_bmi2(b, c, x, n);
        return;
    }
#endif
    ac_plain(b, c, x, n);
}

/* ---- rows ---- */

void th_jpeg_band_row(struct th_jpeg_band *b, const struct th_jpeg_band_blocks *blocks)
{
    uint32_t across = blocks[0].across;
    for (uint32_t x = 0; x < across;) {
        if (b->interval && !b->until_restart) restart(b);
        uint32_t n = across - x;
        if (b->interval && b->until_restart < n) n = b->until_restart;
        if (!b->dry && b->ss) ac_any(b, blocks, x, n);
        if (!b->dry && !b->ss) dc_mcus(b, blocks, x, n);
        b->damaged |= b->dry;
        b->until_restart -= b->interval ? n : 0;
        x += n;
    }
}

void th_jpeg_band_end(struct th_jpeg_band *b)
{
    struct th_jpeg_band_bits *s = &b->bits;
    if (left_over(s, READ_AHEAD)) b->damaged = true;
    s->n = s->pad = 0;
    while (find_marker(s)) { /* restarts that nothing follows, and what libjpeg stops at */
        const uint8_t *code = past_fill(s->in, s->end);
        if (*code < 0xC0 && *code != TEM) b->damaged = true;
        s->in = code + 1;
        if (left_over(s, 0)) b->damaged = true;
    }
}
