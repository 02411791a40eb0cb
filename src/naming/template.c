/* SPDX-License-Identifier: MIT */
/* A template is parsed once into pieces, expanded once per output. */
#include "naming/template.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/sys.h"
#include "naming/safe_path.h"

enum kind { LITERAL, SLASH, DIR_FIELD, STEM, NAME, EXT, SIZE, WIDTH, HEIGHT, FORMAT, HASH };

/* A run of literal text (in th_template.literals), the border of two path parts, or a field. */
struct piece {
    enum kind kind;
    size_t start, len; /* kind LITERAL; of HASH `len` is the number of digits */
};

struct th_template {
    struct piece *pieces;
    size_t n_pieces;
    struct th_bytes literals;
    bool injective, tells_name;
};

#define DIGITS     "0123456789"
#define LOWER_CASE "abcdefghijklmnopqrstuvwxyz"

static const struct {
    const char *name;
    enum kind kind;
    const char *alphabet; /* what its value consists of; NULL: anything */
} fields[] = {
    {"dir", DIR_FIELD, NULL},
    {"stem", STEM, NULL},
    {"name", NAME, NULL},
    {"ext", EXT, DIGITS LOWER_CASE},
    {"size", SIZE, DIGITS "x"},
    {"width", WIDTH, DIGITS},
    {"height", HEIGHT, DIGITS},
    {"format", FORMAT, DIGITS LOWER_CASE},
    {"hash", HASH, DIGITS "abcdef"},
};
#define N_FIELDS    (sizeof fields / sizeof fields[0])
#define FIELD_NAMES "{dir} {stem} {name} {ext} {size} {width} {height} {format} {hash} {hash:N}"

static const char *alphabet_of(enum kind kind)
{
    for (size_t i = 0; i < N_FIELDS; i++) {
        if (fields[i].kind == kind) return fields[i].alphabet;
    }
    return NULL;
}

static enum thumbs_code usage(struct thumbs_error *err, const char *text, const char *what)
{
    return th_error_set(err, THUMBS_USAGE, THUMBS_STAGE_NONE, "name template \"%.60s\": %s", text,
                        what);
}

/* ---- parsing ---- */

static void add_piece(struct th_template *t, enum kind kind)
{
    t->pieces[t->n_pieces++] = (struct piece){.kind = kind, .start = t->literals.len};
}

static void add_literal(struct th_template *t, char c)
{
    if (t->n_pieces == 0 || t->pieces[t->n_pieces - 1].kind != LITERAL) add_piece(t, LITERAL);
    t->pieces[t->n_pieces - 1].len++;
    th_bytes_addc(&t->literals, c);
}

/* The N of {hash:N}, or 0 if it is none from 1 to 16. */
static size_t parse_digits(const char *text, size_t len)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9' || n > TH_HASH_DIGITS) return 0;
        n = 10 * n + (size_t)(text[i] - '0');
    }
    return n <= TH_HASH_DIGITS ? n : 0;
}

/* The field of this name (len bytes) as a piece; false if there is none. */
static bool add_field(struct th_template *t, const char *name, size_t len)
{
    static const char hash[] = "hash:";
    const size_t hash_len = sizeof hash - 1;
    size_t digits = TH_HASH_DIGITS;
    if (len > hash_len && memcmp(name, hash, hash_len) == 0) {
        digits = parse_digits(name + hash_len, len - hash_len);
        if (digits == 0) return false;
        len = hash_len - 1;
    }
    for (size_t i = 0; i < N_FIELDS; i++) {
        if (strlen(fields[i].name) != len || memcmp(fields[i].name, name, len) != 0) continue;
        add_piece(t, fields[i].kind);
        if (fields[i].kind == HASH) t->pieces[t->n_pieces - 1].len = digits;
        return true;
    }
    return false;
}

/* Parse the field whose '{' stands at part[0], of at most len bytes; *used is what it takes. */
static enum thumbs_code parse_field(struct th_template *t, const char *text, const char *part,
                                    size_t len, size_t *used, struct thumbs_error *err)
{
    const char *close = memchr(part, '}', len);
    if (!close) return usage(err, text, "'{' without '}' (a literal brace is written twice)");
    size_t name_len = (size_t)(close - part) - 1;
    if (add_field(t, part + 1, name_len)) {
        *used = name_len + 2;
        return THUMBS_OK;
    }
    return th_error_set(err, THUMBS_USAGE, THUMBS_STAGE_NONE,
                        "name template \"%.60s\": unknown field \"%.*s\"; there are " FIELD_NAMES
                        " (N from 1 to 16)",
                        text, (int)(name_len < 20 ? name_len + 2 : 20), part);
}

static enum thumbs_code parse_part(struct th_template *t, const char *text, const char *part,
                                   size_t len, struct thumbs_error *err)
{
    if (len == 2 && memcmp(part, "..", 2) == 0)
        return usage(err, text, "\"..\" would lead out of the output folder");
    for (size_t i = 0; i < len;) {
        bool doubled = i + 1 < len && part[i + 1] == part[i];
        if ((part[i] == '{' || part[i] == '}') && doubled) {
            add_literal(t, part[i]);
            i += 2;
        } else if (part[i] == '{') {
            size_t used = 0;
            enum thumbs_code code = parse_field(t, text, part + i, len - i, &used, err);
            if (code) return code;
            i += used;
        } else if (part[i] == '}') {
            return usage(err, text, "'}' without '{' (a literal brace is written twice)");
        } else {
            add_literal(t, part[i++]);
        }
    }
    return THUMBS_OK;
}

/* Parts that are empty or "." say nothing and are dropped, but not the last: that one must name a
 * file. */
static enum thumbs_code parse(struct th_template *t, const char *text, struct thumbs_error *err)
{
    if (!*text) return usage(err, text, "it is empty");
    if (*text == '/')
        return usage(err, text, "it must be relative, outputs stay below the output folder");
    for (const char *part = text;;) {
        size_t len = strcspn(part, "/");
        bool is_last = part[len] == '\0', says_nothing = len == 0 || (len == 1 && *part == '.');
        if (says_nothing && is_last)
            return usage(err, text, "it ends in a folder, not in a file name");
        if (!says_nothing) {
            enum thumbs_code code = parse_part(t, text, part, len, err);
            if (code) return code;
            if (!is_last) add_piece(t, SLASH);
        }
        if (is_last) return THUMBS_OK;
        part += len + 1;
    }
}

static bool has(const struct th_template *t, enum kind kind)
{
    for (size_t i = 0; i < t->n_pieces; i++) {
        if (t->pieces[i].kind == kind) return true;
    }
    return false;
}

static enum thumbs_code check_apart(const struct th_template *t, const char *text,
                                    const struct thumbs_image_options *options,
                                    struct thumbs_error *err)
{
    if (options->n_sizes > 1 && !has(t, SIZE) && !has(t, WIDTH) && !has(t, HEIGHT))
        return usage(err, text, "with several sizes it needs {size}, {width} or {height}");
    if (options->n_formats > 1 && !has(t, EXT) && !has(t, FORMAT))
        return usage(err, text, "with several formats it needs {ext} or {format}");
    return THUMBS_OK;
}

/* ---- can two sources get one name? ---- */

/* Is the border between a field and the literal text beside it clear from the name alone? `edge` is
 * the byte of the text that touches the field. A hash has always the same length. */
static bool is_border(const struct th_template *t, const struct piece *field,
                      const struct piece *text, bool at_end)
{
    if (field->kind == HASH) return true;
    const char *alphabet = alphabet_of(field->kind);
    if (!alphabet || text->kind != LITERAL) return false;
    char edge = t->literals.data[text->start + (at_end ? text->len - 1 : 0)];
    return strchr(alphabet, edge) == NULL;
}

/* Can {stem}, or {name}, be read back from the path part that pieces [from, to) make?
 * "{stem}{width}" cannot: "a1" at 2 pixels and "a" at 12 pixels are both "a12". */
static bool tells(const struct th_template *t, enum kind wanted, size_t from, size_t to)
{
    size_t n_stems = 0, n_others = 0, at = 0;
    for (size_t i = from; i < to; i++) {
        if (t->pieces[i].kind == wanted) {
            n_stems++;
            at = i;
        } else if (t->pieces[i].kind != LITERAL) {
            n_others++;
        }
    }
    if (n_stems == 0) return false;
    if (n_others == 0) return true;
    if (n_stems > 1) return false;
    for (size_t i = from; i < at; i++) {
        if (t->pieces[i].kind != LITERAL && !is_border(t, &t->pieces[i], &t->pieces[i + 1], false))
            return false;
    }
    for (size_t i = at + 1; i < to; i++) {
        if (t->pieces[i].kind != LITERAL && !is_border(t, &t->pieces[i], &t->pieces[i - 1], true))
            return false;
    }
    return true;
}

/* The folder must be a part of its own: in "{dir}-{stem}" a "b" of "a-c" looks like "c-b" of
 * "a". */
static void find_apart(struct th_template *t)
{
    bool dir = false, stem = false;
    for (size_t from = 0, to; from < t->n_pieces; from = to + 1) {
        for (to = from; to < t->n_pieces && t->pieces[to].kind != SLASH;)
            to++;
        dir |= to - from == 1 && t->pieces[from].kind == DIR_FIELD;
        stem |= tells(t, STEM, from, to);
        t->tells_name |= tells(t, NAME, from, to);
    }
    t->injective = dir && (stem || t->tells_name);
}

enum thumbs_code th_template_create(const char *text, const struct thumbs_image_options *options,
                                    struct th_template **out, struct thumbs_error *err)
{
    if (!text) text = options->n_sizes > 1 ? "{dir}/{stem}-{size}.{ext}" : "{dir}/{stem}.{ext}";
    enum thumbs_code code = THUMBS_MEMORY;
    struct th_template *t = th_calloc(1, sizeof *t);
    if (!t) goto out;
    t->pieces = th_calloc(strlen(text) + 1, sizeof *t->pieces);
    if (!t->pieces) goto out;
    code = parse(t, text, err);
    if (!code) code = check_apart(t, text, options, err);
    if (!code && th_bytes_failed(&t->literals)) code = THUMBS_MEMORY;
    if (code) goto out;
    find_apart(t);
    *out = t;
    return THUMBS_OK;
out:
    th_template_destroy(t);
    if (code == THUMBS_MEMORY)
        th_error_set(err, code, THUMBS_STAGE_NONE, "no memory for the name template");
    return code;
}

void th_template_destroy(struct th_template *t)
{
    if (!t) return;
    free(t->pieces);
    th_bytes_finish(&t->literals);
    free(t);
}

bool th_template_is_injective(const struct th_template *t)
{
    return t->injective;
}

unsigned th_template_hash_digits(const struct th_template *t)
{
    size_t most = 0;
    for (size_t i = 0; i < t->n_pieces; i++) {
        if (t->pieces[i].kind == HASH && t->pieces[i].len > most) most = t->pieces[i].len;
    }
    return (unsigned)most;
}

bool th_template_tells_name(const struct th_template *t)
{
    return t->tells_name;
}

/* ---- expanding ---- */

static void add_size(struct th_bytes *b, const struct thumbs_size *size)
{
    char text[THUMBS_SIZE_TEXT];
    thumbs_size_text(size, text);
    th_bytes_adds(b, text);
}

static void add_hash(struct th_bytes *b, uint64_t hash, size_t n_digits)
{
    char digits[TH_HASH_DIGITS + 1];
    snprintf(digits, sizeof digits, "%016llx", (unsigned long long)hash);
    th_bytes_add(b, digits, n_digits);
}

/* The dot of ".bashrc" begins a name, not an ending. */
static size_t stem_len(const struct th_name_parts *parts)
{
    const char *dot = parts->keep_extension ? NULL : strrchr(parts->name, '.');
    return dot && dot > parts->name ? (size_t)(dot - parts->name) : strlen(parts->name);
}

static void add_value(struct th_bytes *b, const struct th_template *t, const struct piece *piece,
                      const struct th_name_parts *parts)
{
    switch (piece->kind) {
    case LITERAL:
        th_bytes_add(b, t->literals.data + piece->start, piece->len);
        break;
    case SLASH:
        th_bytes_addc(b, '/');
        break;
    case DIR_FIELD:
        th_bytes_adds(b, parts->dir);
        break;
    case STEM:
        th_bytes_add(b, parts->name, stem_len(parts));
        break;
    case NAME:
        th_bytes_adds(b, parts->name);
        break;
    case EXT:
        th_bytes_adds(b, thumbs_format_ext(parts->format));
        break;
    case SIZE:
        add_size(b, parts->size);
        break;
    case WIDTH:
        th_bytes_addf(b, "%u", (unsigned)parts->width);
        break;
    case HEIGHT:
        th_bytes_addf(b, "%u", (unsigned)parts->height);
        break;
    case FORMAT:
        th_bytes_adds(b, thumbs_format_name(parts->format));
        break;
    case HASH:
        add_hash(b, parts->hash, piece->len);
        break;
    }
}

char *th_template_expand(const struct th_template *t, const struct th_name_parts *parts)
{
    struct th_bytes raw = {0}, path = {0};
    for (size_t i = 0; i < t->n_pieces; i++)
        add_value(&raw, t, &t->pieces[i], parts);
    th_safe_path_add(&path, th_bytes_str(&raw), raw.len, true);
    /* A template of {dir} alone has nothing to say at the top. */
    if (path.len == 0) th_bytes_addc(&path, '_');
    if (th_bytes_failed(&raw)) path.failed = true;
    th_bytes_finish(&raw);
    return th_bytes_steal(&path);
}
