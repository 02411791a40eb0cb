/* SPDX-License-Identifier: MIT */
/*
 * Lines of the report from any names, messages and numbers. A line of NDJSON is one line, valid
 * UTF-8 and valid JSON (RFC 8259), and its names decode to the bytes they were made from; a line
 * for people is one line, and for a terminal it holds no control characters. The checker knows
 * nothing of the code that writes.
 */
#include "fuzz.h"
#include "report/report.h"

/* ---- UTF-8 and JSON, read once more ---- */

struct reader {
    const unsigned char *p, *end;
};

static uint32_t take_char(struct reader *r)
{
    fuzz_check(r->p < r->end);
    unsigned char c = *r->p++;
    if (c < 0x80) return c;
    unsigned n = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
    fuzz_check(c >= 0xc2 && c <= 0xf4);
    uint32_t v = c & (0x3f >> n);
    for (unsigned i = 0; i < n; i++) {
        fuzz_check(r->p < r->end && (*r->p & 0xc0) == 0x80);
        v = v << 6 | (*r->p++ & 0x3f);
    }
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    fuzz_check(v >= least[n] && v <= 0x10ffff && !(v >= 0xd800 && v <= 0xdfff));
    return v;
}

static bool take(struct reader *r, const char *text)
{
    size_t n = strlen(text);
    if ((size_t)(r->end - r->p) < n || memcmp(r->p, text, n) != 0) return false;
    r->p += n;
    return true;
}

static void must(struct reader *r, const char *text)
{
    fuzz_check(take(r, text));
}

static void add_utf8(struct th_bytes *b, uint32_t v)
{
    unsigned n = v < 0x80 ? 0 : v < 0x800 ? 1 : v < 0x10000 ? 2 : 3;
    static const unsigned char first[] = {0, 0xc0, 0xe0, 0xf0};
    th_bytes_addc(b, (char)(first[n] | v >> 6 * n));
    while (n-- > 0)
        th_bytes_addc(b, (char)(0x80 | (v >> 6 * n & 0x3f)));
}

static uint32_t take_escape(struct reader *r)
{
    static const char letters[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    uint32_t c = take_char(r);
    const char *letter = c && c < 0x80 ? strchr(letters, (int)c) : NULL;
    if (letter) return (unsigned char)values[letter - letters];
    fuzz_check(c == 'u');
    uint32_t v = 0;
    for (int i = 0; i < 4; i++) {
        static const char hex[] = "0123456789abcdef";
        c = take_char(r);
        const char *digit = c && c < 0x80 ? strchr(hex, (int)(c | 0x20)) : NULL;
        fuzz_check(digit);
        v = v << 4 | (uint32_t)(digit - hex);
    }
    fuzz_check(v != 0 && !(v >= 0xd800 && v <= 0xdfff)); /* we never write those */
    return v;
}

/* A string, decoded to out. */
static void take_string(struct reader *r, struct th_bytes *out)
{
    th_bytes_clear(out);
    must(r, "\"");
    while (!take(r, "\"")) {
        uint32_t c = take_char(r);
        fuzz_check(c >= 0x20);
        if (c == '\\') c = take_escape(r);
        add_utf8(out, c);
    }
}

static void take_digits(struct reader *r)
{
    fuzz_check(r->p < r->end && *r->p >= '0' && *r->p <= '9');
    while (r->p < r->end && *r->p >= '0' && *r->p <= '9')
        r->p++;
}

/* Ours have no sign and no exponent. */
static void take_number(struct reader *r)
{
    if (!take(r, "0")) take_digits(r);
    if (take(r, ".")) take_digits(r);
}

static void check_value(struct reader *r, int depth)
{
    struct th_bytes ignored = {0};
    fuzz_check(depth < 8 && r->p < r->end);
    if (*r->p == '"') {
        take_string(r, &ignored);
    } else if (take(r, "{")) {
        bool first = true;
        while (!take(r, "}")) {
            if (!first) must(r, ",");
            take_string(r, &ignored);
            must(r, ":");
            check_value(r, depth + 1);
            first = false;
        }
    } else if (take(r, "[")) {
        bool first = true;
        while (!take(r, "]")) {
            if (!first) must(r, ",");
            check_value(r, depth + 1);
            first = false;
        }
    } else {
        take_number(r);
    }
    th_bytes_finish(&ignored);
}

/* RFC 4648 section 4, with its padding. */
static void decode_base64(const struct th_bytes *text, struct th_bytes *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    fuzz_check(text->len % 4 == 0 && text->len > 0);
    for (size_t i = 0; i < text->len; i += 4) {
        uint32_t bits = 0, n = 0;
        for (size_t k = 0; k < 4; k++) {
            const char *digit = strchr(digits, text->data[i + k]);
            if (text->data[i + k] == '=') {
                fuzz_check(i + 4 == text->len && k >= 2 && (k == 3 || text->data[i + 3] == '='));
                bits <<= 6;
                continue;
            }
            fuzz_check(digit);
            bits = bits << 6 | (uint32_t)(digit - digits);
            n++;
        }
        fuzz_check(n == 4 || (bits & (n == 3 ? 0xffu : 0xffffu)) == 0);
        for (uint32_t k = 0; k + 1 < n; k++)
            th_bytes_addc(out, (char)(bits >> (16 - 8 * k)));
    }
}

static bool is_utf8(const char *text)
{
    const unsigned char *s = (const unsigned char *)text;
    while (*s) {
        unsigned n = *s < 0x80 ? 0 : *s >= 0xf0 ? 3 : *s >= 0xe0 ? 2 : 1;
        if (n && (*s < 0xc2 || *s > 0xf4)) return false;
        uint32_t v = n ? *s & (0x3fu >> n) : *s;
        static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
        s++;
        for (unsigned i = 0; i < n; i++, s++) {
            if ((*s & 0xc0) != 0x80) return false;
            v = v << 6 | (*s & 0x3f);
        }
        if (v < least[n] || v > 0x10ffff || (v >= 0xd800 && v <= 0xdfff)) return false;
    }
    return true;
}

/* "key":"name", and "key_base64" if and only if the name is not UTF-8. */
static void check_name(struct reader *r, const char *key, const char *name)
{
    struct th_bytes text = {0}, bytes = {0}, prefix = {0};
    th_bytes_addf(&prefix, "\"%s\":", key);
    must(r, prefix.data);
    take_string(r, &text);
    th_bytes_clear(&prefix);
    th_bytes_addf(&prefix, ",\"%s_base64\":", key);
    bool encoded = take(r, prefix.data);
    fuzz_check(encoded == !is_utf8(name));
    if (encoded) {
        take_string(r, &text);
        decode_base64(&text, &bytes);
        fuzz_check(bytes.len == strlen(name) && memcmp(th_bytes_str(&bytes), name, bytes.len) == 0);
    } else {
        fuzz_check(text.len == strlen(name) && memcmp(th_bytes_str(&text), name, text.len) == 0);
    }
    th_bytes_finish(&text);
    th_bytes_finish(&bytes);
    th_bytes_finish(&prefix);
}

/* A message survives as it is, but for bytes that are not UTF-8. */
static void check_message(const struct reader *line, const char *key, const char *message)
{
    struct th_bytes text = {0};
    if (is_utf8(message)) {
        /* The first such key outside of a string; strings hold no bare quote. */
        const unsigned char *at = memmem(line->p, (size_t)(line->end - line->p), key, strlen(key));
        fuzz_check(at);
        struct reader r = {at + strlen(key), line->end};
        take_string(&r, &text);
        fuzz_check(strcmp(th_bytes_str(&text), message) == 0);
    }
    th_bytes_finish(&text);
}

static void check_json(const struct thumbs_event *event)
{
    struct th_bytes b = {0};
    th_report_event_json(&b, event);
    fuzz_check(!th_bytes_failed(&b) && b.len > 0);
    struct reader r = {(unsigned char *)b.data, (unsigned char *)b.data + b.len}, whole = r;
    check_value(&r, 0);
    must(&r, "\n");
    fuzz_check(r.p == r.end && memchr(b.data, '\n', b.len) == b.data + b.len - 1);
    r = whole;
    must(&r, "{");
    check_name(&r, "source", event->source);
    if (event->status == THUMBS_STATUS_FAILED && event->error) {
        check_message(&r, "\"message\":", event->error->message);
    } else if (event->n_outputs > 0) {
        const unsigned char *at = memmem(r.p, (size_t)(r.end - r.p), "\"outputs\":[{", 12);
        fuzz_check(at);
        r.p = at + 12;
        check_name(&r, "path", event->outputs[0].path);
    }
    th_bytes_finish(&b);
}

/* ---- lines for people ---- */

static void check_text(const struct thumbs_event *event, enum th_text_style style, bool escape)
{
    struct th_bytes b = {0};
    th_report_event_text(&b, event, style, escape);
    fuzz_check(!th_bytes_failed(&b));
    if (b.len > 0) {
        fuzz_check(memchr(b.data, '\n', b.len) == b.data + b.len - 1 &&
                   !memchr(b.data, '\r', b.len));
        struct reader r = {(unsigned char *)b.data, (unsigned char *)b.data + b.len - 1};
        while (escape && r.p < r.end) {
            uint32_t c = take_char(&r);
            fuzz_check(c >= 0x20 && c != 0x7f && !(c >= 0x80 && c < 0xa0));
        }
    }
    th_bytes_finish(&b);
}

static void check_summary(struct fuzz_input *in)
{
    struct thumbs_totals totals = {0};
    for (size_t i = 0; i < THUMBS_N_STATUSES; i++)
        totals.by_status[i] = fuzz_number(in, 8);
    uint64_t bits = fuzz_number(in, 8);
    memcpy(&totals.seconds, &bits, sizeof totals.seconds); /* NaN and infinity are among them */
    struct th_bytes b = {0};
    th_report_summary_json(&b, &totals, fuzz_u8(in));
    struct reader r = {(unsigned char *)b.data, (unsigned char *)b.data + b.len};
    check_value(&r, 0);
    must(&r, "\n");
    fuzz_check(r.p == r.end);
    th_bytes_clear(&b);
    th_report_summary_text(&b, &totals, true, NULL, false);
    fuzz_check(memchr(b.data, '\n', b.len) == b.data + b.len - 1);
    th_bytes_finish(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct fuzz_input in = {data, len};
    uint8_t how = fuzz_u8(&in), how_many = fuzz_u8(&in);
    char *names[3];
    for (int i = 0; i < 3; i++)
        names[i] = fuzz_string(&in, 400);
    char *message =
        fuzz_string(&in, sizeof(struct thumbs_error) - offsetof(struct thumbs_error, message) - 1);
    struct thumbs_error error = {.code = (enum thumbs_code)fuzz_u8(&in),
                                 .stage = (enum thumbs_stage)fuzz_u8(&in)};
    memcpy(error.message, message, strnlen(message, sizeof error.message - 1));
    struct thumbs_output outputs[2];
    for (int i = 0; i < 2; i++)
        outputs[i] = (struct thumbs_output){.path = names[1 + i],
                                            .format = (enum thumbs_format)fuzz_u8(&in),
                                            .width = fuzz_u32(&in),
                                            .height = fuzz_u32(&in),
                                            .bytes = fuzz_number(&in, 8)};
    struct thumbs_event event = {
        .source = names[0],
        .status = (enum thumbs_status)(how % THUMBS_N_STATUSES),
        .format = (enum thumbs_format)fuzz_u8(&in),
        .width = fuzz_u32(&in),
        .height = fuzz_u32(&in),
        .bytes = fuzz_number(&in, 8),
        .outputs = outputs,
        .n_outputs = how_many % 3,
        .times = {.load = fuzz_number(&in, 8), .decode = fuzz_number(&in, 8)},
        .error = how & 0x80 ? &error : NULL};
    check_json(&event);
    for (int style = TH_TEXT_PROBLEM; style <= TH_TEXT_DRY_RUN; style++) {
        check_text(&event, (enum th_text_style)style, true);
        check_text(&event, (enum th_text_style)style, false);
    }
    check_summary(&in);
    for (int i = 0; i < 3; i++)
        free(names[i]);
    free(message);
    return 0;
}
