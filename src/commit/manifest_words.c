/* SPDX-License-Identifier: MIT */
#include "commit/manifest_words.h"

#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "base/sys.h"

#define CHECK_LEN 10 /* " =" and 8 digits */

/* ---- names ---- */

static bool is_plain(unsigned char c)
{
    return c > 0x20 && c < 0x7f && c != '%';
}

size_t th_manifest_encode(char *out, const char *name, size_t len)
{
    static const char hex[] = "0123456789abcdef";
    char *p = out;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)name[i];
        if (is_plain(c)) {
            *p++ = (char)c;
            continue;
        }
        *p++ = '%';
        *p++ = hex[c >> 4];
        *p++ = hex[c & 15];
    }
    return (size_t)(p - out);
}

void th_manifest_add_name(struct th_bytes *line, const char *name, size_t len)
{
    size_t most;
    if (!th_mul_size(len, 3, &most) || !th_bytes_reserve(line, most)) {
        line->failed = true;
        return;
    }
    line->len += th_manifest_encode(line->data + line->len, name, len);
    line->data[line->len] = '\0';
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
}

bool th_manifest_decode(const char *word, size_t len, struct th_bytes *out)
{
    for (size_t i = 0; i < len; i++) {
        if (is_plain((unsigned char)word[i])) {
            th_bytes_addc(out, word[i]);
            continue;
        }
        int high = word[i] == '%' && len - i > 2 ? hex_value(word[i + 1]) : -1;
        int low = high >= 0 ? hex_value(word[i + 2]) : -1;
        if (low < 0 || high + low == 0) return false;
        th_bytes_addc(out, (char)(high << 4 | low));
        i += 2;
    }
    return len > 0 && !th_bytes_failed(out);
}

/* ---- writing a line ---- */

static void add_time(struct th_bytes *line, int64_t sec, int32_t nsec)
{
    th_bytes_addf(line, "%lld.%09ld ", (long long)sec, (long)nsec);
}

static void add_hex(struct th_bytes *line, const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        th_bytes_addf(line, "%02x", bytes[i]);
}

static void add_placeholder(struct th_bytes *line, const struct thumbs_placeholder *p)
{
    if (p->thumbhash_len == 0 || p->thumbhash_len > sizeof p->thumbhash) return;
    th_bytes_adds(line, ",p");
    add_hex(line, p->thumbhash, p->thumbhash_len);
    if (!p->has_dominant) return;
    th_bytes_addc(line, '-');
    add_hex(line, p->dominant, sizeof p->dominant);
}

static void add_facts(struct th_bytes *line, const struct th_manifest_facts *facts)
{
    if (facts->content) th_bytes_addf(line, ",h%016llx", (unsigned long long)facts->content);
    if (facts->format != THUMBS_FORMAT_NONE)
        th_bytes_addf(line, ",s%s-%lux%lu", thumbs_format_name(facts->format),
                      (unsigned long)facts->width, (unsigned long)facts->height);
    add_placeholder(line, &facts->placeholder);
    if (facts->damaged) th_bytes_adds(line, ",d1");
    if (facts->sizes > 1) th_bytes_addf(line, ",z%lx", (unsigned long)facts->sizes);
    if (facts->has_time)
        th_bytes_addf(line, ",t%lld.%09ld", (long long)facts->time_sec, (long)facts->time_nsec);
}

void th_manifest_begin_line(struct th_bytes *line, char status, const char *key,
                            const struct th_source_id *id, const struct timespec *time,
                            bool keep_extension, const char *name)
{
    struct th_manifest_facts facts = {.content = id->content,
                                      .format = id->format,
                                      .width = id->width,
                                      .height = id->height,
                                      .placeholder = id->placeholder,
                                      .damaged = id->damaged};
    if (time && (time->tv_sec != id->mtime_sec || time->tv_nsec != id->mtime_nsec)) {
        facts.has_time = true;
        facts.time_sec = time->tv_sec;
        facts.time_nsec = (int32_t)time->tv_nsec;
    }
    th_bytes_addf(line, "%c %s %llu ", status, key, (unsigned long long)id->size);
    add_time(line, id->mtime_sec, id->mtime_nsec);
    add_time(line, id->ctime_sec, id->ctime_nsec);
    th_bytes_addf(line, "%llu %d", (unsigned long long)id->inode, keep_extension);
    add_facts(line, &facts);
    th_bytes_addc(line, ' ');
    th_manifest_add_name(line, name, strlen(name));
}

void th_manifest_add_output(struct th_bytes *line, uint64_t len,
                            const struct th_manifest_facts *facts, const struct th_bytes *word)
{
    th_bytes_addf(line, " %llu", (unsigned long long)len);
    add_facts(line, facts);
    th_bytes_addc(line, ':');
    if (th_bytes_failed(word)) line->failed = true;
    th_bytes_add(line, word->data, word->len);
}

static uint32_t check_of(const char *line, size_t len, uint64_t seed)
{
    return (uint32_t)th_hash64(line, len, seed);
}

void th_manifest_end_line(struct th_bytes *line, size_t from, uint64_t seed)
{
    if (th_bytes_failed(line)) return;
    th_bytes_addf(line, " =%08x\n", (unsigned)check_of(line->data + from, line->len - from, seed));
}

/* ---- reading a line ---- */

/* What is left of a line. */
struct words {
    const char *at, *end;
};

static bool take_word(struct words *w, const char **word, size_t *len)
{
    if (w->at >= w->end) return false;
    const char *space = memchr(w->at, ' ', (size_t)(w->end - w->at));
    *word = w->at;
    *len = (size_t)((space ? space : w->end) - w->at);
    w->at = space ? space + 1 : w->end;
    return *len > 0;
}

/* Digits up to the end of the word or `stop`. */
static bool take_digits(const char **at, const char *end, char stop, uint64_t most, uint64_t *out)
{
    const char *p = *at;
    uint64_t n = 0;
    for (; p < end && *p != stop; p++) {
        if (*p < '0' || *p > '9' || n > (most - (uint64_t)(*p - '0')) / 10) return false;
        n = n * 10 + (uint64_t)(*p - '0');
    }
    bool some = p > *at;
    *out = n;
    *at = p < end ? p + 1 : p;
    return some;
}

static bool take_number(struct words *w, uint64_t *out)
{
    const char *word;
    size_t len;
    return take_word(w, &word, &len) && take_digits(&word, word + len, ' ', UINT64_MAX, out);
}

static bool read_time(const char *word, size_t len, int64_t *sec, int32_t *nsec)
{
    uint64_t whole, part;
    const char *end = word + len;
    bool negative = len > 0 && *word == '-';
    word += negative;
    if (!take_digits(&word, end, '.', INT64_MAX, &whole) ||
        !take_digits(&word, end, ' ', 999999999, &part))
        return false;
    *sec = negative ? -(int64_t)whole : (int64_t)whole;
    *nsec = (int32_t)part;
    return true;
}

static bool take_time(struct words *w, int64_t *sec, int32_t *nsec)
{
    const char *word;
    size_t len;
    return take_word(w, &word, &len) && read_time(word, len, sec, nsec);
}

static bool take_letter(struct words *w, char *out)
{
    const char *word;
    size_t len;
    if (!take_word(w, &word, &len) || len != 1) return false;
    *out = *word;
    return true;
}

static bool take_whole(struct words *w, struct th_manifest_record *out)
{
    const char *word;
    size_t len;
    if (!take_word(w, &word, &len) || (*word != '0' && *word != '1')) return false;
    if (len > 1 && word[1] != ',') return false;
    out->keep_extension = *word == '1';
    out->facts = word + 1;
    out->facts_len = len - 1;
    return true;
}

/* The name, and what is left as outputs, with the space before them. */
static bool take_name(struct words *w, struct th_manifest_record *out)
{
    if (!take_word(w, &out->name, &out->name_len)) return false;
    out->outputs = out->name + out->name_len;
    out->outputs_len = (size_t)(w->end - out->outputs);
    return true;
}

static bool is_right(const char *line, size_t len, uint64_t seed)
{
    char check[CHECK_LEN + 1];
    snprintf(check, sizeof check, " =%08x", (unsigned)check_of(line, len, seed));
    return memcmp(line + len, check, CHECK_LEN) == 0;
}

bool th_manifest_decode_header(const char *first, size_t len, struct th_bytes *dir)
{
    const size_t magic_len = strlen(TH_MANIFEST_MAGIC);
    if (len < magic_len || (memcmp(first, TH_MANIFEST_MAGIC, magic_len) != 0 &&
                            memcmp(first, TH_MANIFEST_MAGIC_1, magic_len) != 0))
        return false;
    return len == magic_len || th_manifest_decode(first + magic_len, len - magic_len, dir);
}

bool th_manifest_read_line(const char *line, size_t len, const uint64_t *seed,
                           struct th_manifest_record *out)
{
    if (len < CHECK_LEN || memcmp(line + len - CHECK_LEN, " =", 2) != 0) return false;
    len -= CHECK_LEN;
    if (seed && !is_right(line, len, *seed)) return false;
    struct words w = {line, line + len};
    *out = (struct th_manifest_record){.line = line};
    return take_letter(&w, &out->status) && take_word(&w, &out->key, &out->key_len) &&
           take_number(&w, &out->id.size) &&
           take_time(&w, &out->id.mtime_sec, &out->id.mtime_nsec) &&
           take_time(&w, &out->id.ctime_sec, &out->id.ctime_nsec) &&
           take_number(&w, &out->id.inode) && take_whole(&w, out) && take_name(&w, out);
}

bool th_manifest_next_word(const char **rest, size_t *rest_len, const char **word, size_t *word_len)
{
    if (*rest_len == 0 || **rest != ' ') return false;
    const char *begin = *rest + 1, *end = memchr(begin, ' ', *rest_len - 1);
    *word = begin;
    *word_len = end ? (size_t)(end - begin) : *rest_len - 1;
    *rest += *word_len + 1;
    *rest_len -= *word_len + 1;
    return true;
}

bool th_manifest_read_output(const char *word, size_t word_len, uint64_t *len, const char **name,
                             size_t *name_len)
{
    const char *at = word, *end = word + word_len, *colon = memchr(word, ':', word_len);
    const char *comma = colon ? memchr(word, ',', (size_t)(colon - word)) : NULL;
    if (!colon || !take_digits(&at, comma ? comma : colon, ':', UINT64_MAX, len)) return false;
    *name = colon + 1;
    *name_len = (size_t)(end - *name);
    return *name_len > 0;
}

/* ---- facts ---- */

static uint64_t read_hash(const char *text, size_t len)
{
    uint64_t hash = 0;
    for (size_t i = 0; i < len; i++) {
        int digit = hex_value(text[i]);
        if (digit < 0 || len != 16) return 0;
        hash = hash << 4 | (unsigned)digit;
    }
    return hash;
}

/* <format>-<width>x<height> */
static void read_picture(const char *text, size_t len, struct th_manifest_facts *out)
{
    const char *dash = memchr(text, '-', len), *end = text + len;
    uint64_t width, height;
    if (!dash) return;
    const char *at = dash + 1;
    if (!take_digits(&at, end, 'x', UINT32_MAX, &width) ||
        !take_digits(&at, end, ' ', UINT32_MAX, &height))
        return;
    for (unsigned i = 1; i < THUMBS_N_FORMATS; i++) {
        const char *name = thumbs_format_name((enum thumbs_format)i);
        if (strlen(name) != (size_t)(dash - text) || memcmp(name, text, strlen(name)) != 0)
            continue;
        out->format = (enum thumbs_format)i;
        out->width = (uint32_t)width;
        out->height = (uint32_t)height;
    }
}

/* `len` hex digits to at most `most` bytes; the count, or 0 if they are none. */
static size_t read_hex(const char *text, size_t len, uint8_t *out, size_t most)
{
    if (len % 2 || len / 2 > most) return 0;
    for (size_t i = 0; i < len / 2; i++) {
        const int high = hex_value(text[2 * i]), low = hex_value(text[2 * i + 1]);
        if (high < 0 || low < 0) return 0;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return len / 2;
}

static struct thumbs_placeholder read_placeholder(const char *text, size_t len)
{
    struct thumbs_placeholder p = {0};
    const char *dash = memchr(text, '-', len);
    const size_t hash_len = dash ? (size_t)(dash - text) : len;
    const size_t n = read_hex(text, hash_len, p.thumbhash, sizeof p.thumbhash);
    if (n == 0) return (struct thumbs_placeholder){0};
    p.thumbhash_len = (uint8_t)n;
    if (!dash) return p;
    const size_t dominant_len = len - hash_len - 1;
    p.has_dominant =
        read_hex(dash + 1, dominant_len, p.dominant, sizeof p.dominant) == sizeof p.dominant;
    return p.has_dominant ? p : (struct thumbs_placeholder){0};
}

static uint32_t read_sizes(const char *text, size_t len)
{
    uint32_t sizes = 0;
    for (size_t i = 0; i < len; i++) {
        const int digit = hex_value(text[i]);
        if (digit < 0 || sizes >> (THUMBS_MAX_SIZES - 4)) return 1;
        sizes = sizes << 4 | (unsigned)digit;
    }
    return sizes ? sizes : 1;
}

struct th_manifest_facts th_manifest_read_facts(const char *text, size_t len)
{
    struct th_manifest_facts facts = {.sizes = 1};
    if (len == 0) return facts;
    const char *colon = memchr(text, ':', len), *end = colon ? colon : text + len;
    for (const char *at = text, *comma; (comma = memchr(at, ',', (size_t)(end - at)));) {
        const char *next = memchr(comma + 1, ',', (size_t)(end - comma - 1));
        at = next ? next : end;
        size_t value_len = (size_t)(at - comma);
        if (value_len < 3) continue;
        const char *value = comma + 2;
        value_len -= 2;
        if (comma[1] == 'h') facts.content = read_hash(value, value_len);
        if (comma[1] == 's') read_picture(value, value_len, &facts);
        if (comma[1] == 'p') facts.placeholder = read_placeholder(value, value_len);
        if (comma[1] == 'z') facts.sizes = read_sizes(value, value_len);
        if (comma[1] == 'd') facts.damaged = value_len == 1 && *value == '1';
        if (comma[1] == 't')
            facts.has_time = read_time(value, value_len, &facts.time_sec, &facts.time_nsec);
    }
    return facts;
}

struct th_manifest_facts th_manifest_facts_of(const struct th_manifest_record *record)
{
    return th_manifest_read_facts(record->facts, record->facts_len);
}

void th_manifest_tell_source(const struct th_manifest_record *record, struct th_source_id *id)
{
    const struct th_manifest_facts facts = th_manifest_facts_of(record);
    id->format = facts.format;
    id->width = facts.width;
    id->height = facts.height;
    id->placeholder = facts.placeholder;
    id->damaged = facts.damaged;
}

struct th_source_id th_manifest_source_of(const struct th_manifest_record *record)
{
    struct th_source_id id = record->id;
    id.content = th_manifest_facts_of(record).content;
    th_manifest_tell_source(record, &id);
    return id;
}

bool th_manifest_has_key(const struct th_manifest_record *record, const char *key)
{
    return record->key_len == strlen(key) && memcmp(record->key, key, record->key_len) == 0;
}

/* ---- version 1 ---- */

/* <key> <size> <mtime> <status> <whole> <name> <output>... ; */
static bool read_line_1(const char *line, size_t len, struct th_manifest_record *out)
{
    if (len < 2 || memcmp(line + len - 2, " ;", 2) != 0) return false;
    struct words w = {line, line + len - 2};
    *out = (struct th_manifest_record){.line = line};
    return take_word(&w, &out->key, &out->key_len) && take_number(&w, &out->id.size) &&
           take_time(&w, &out->id.mtime_sec, &out->id.mtime_nsec) &&
           take_letter(&w, &out->status) && take_whole(&w, out) && take_name(&w, out);
}

static void convert_line(const struct th_manifest_record *old, uint64_t seed, struct th_bytes *out)
{
    const char *rest = old->outputs, *word;
    size_t rest_len = old->outputs_len, word_len, from = out->len;
    struct th_bytes name = {0};
    if (th_manifest_decode(old->name, old->name_len, &name)) {
        th_manifest_begin_line(out, TH_MANIFEST_MADE, TH_KEY_OLD, &old->id, NULL,
                               old->keep_extension, th_bytes_str(&name));
        while (th_manifest_next_word(&rest, &rest_len, &word, &word_len)) {
            th_bytes_adds(out, " 0:");
            th_bytes_add(out, word, word_len);
        }
        th_manifest_end_line(out, from, seed);
    }
    th_bytes_finish(&name);
}

void th_manifest_convert(const char *data, size_t len, uint64_t seed, struct th_bytes *out)
{
    for (const char *end; len > 0 && (end = memchr(data, '\n', len));) {
        size_t line_len = (size_t)(end - data);
        struct th_manifest_record old;
        if (read_line_1(data, line_len, &old) && old.status == TH_MANIFEST_MADE)
            convert_line(&old, seed, out);
        data += line_len + 1;
        len -= line_len + 1;
    }
}
