/* SPDX-License-Identifier: MIT */
/* A template is parsed once into pieces, expanded once per output. */
#include "naming/template.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/sys.h"
#include "naming/safe_path.h"

enum kind { LITERAL, SLASH, DIR_FIELD, STEM, EXT, SIZE, WIDTH, HEIGHT, FORMAT, HASH };

/* A run of literal text (in th_template.literals), the border of two path parts, or a field. */
struct piece {
    enum kind kind;
    size_t start, len; /* kind LITERAL */
};

struct th_template {
    struct piece *pieces;
    size_t n_pieces;
    struct th_bytes literals;
    bool injective;
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
    {"ext", EXT, DIGITS LOWER_CASE},
    {"size", SIZE, DIGITS "x"},
    {"width", WIDTH, DIGITS},
    {"height", HEIGHT, DIGITS},
    {"format", FORMAT, DIGITS LOWER_CASE},
    {"hash", HASH, DIGITS "abcdef"},
};
#define N_FIELDS    (sizeof fields / sizeof fields[0])
#define FIELD_NAMES "{dir} {stem} {ext} {size} {width} {height} {format} {hash}"

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

/* Parse the field whose '{' stands at part[0], of at most len bytes; *used is what it takes. */
static enum thumbs_code parse_field(struct th_template *t, const char *text, const char *part,
                                    size_t len, size_t *used, struct thumbs_error *err)
{
    const char *close = memchr(part, '}', len);
    if (!close) return usage(err, text, "'{' without '}' (a literal brace is written twice)");
    size_t name_len = (size_t)(close - part) - 1;
    for (size_t i = 0; i < N_FIELDS; i++) {
        if (strlen(fields[i].name) == name_len && memcmp(fields[i].name, part + 1, name_len) == 0) {
            add_piece(t, fields[i].kind);
            *used = name_len + 2;
            return THUMBS_OK;
        }
    }
    return th_error_set(err, THUMBS_USAGE, THUMBS_STAGE_NONE,
                        "name template \"%.60s\": unknown field \"%.*s\"; there are " FIELD_NAMES,
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
 * the byte of the text that touches the field. */
static bool is_border(const struct th_template *t, const struct piece *field,
                      const struct piece *text, bool at_end)
{
    const char *alphabet = alphabet_of(field->kind);
    if (!alphabet || text->kind != LITERAL) return false;
    char edge = t->literals.data[text->start + (at_end ? text->len - 1 : 0)];
    return strchr(alphabet, edge) == NULL;
}

/* Can {stem} be read back from the path part that pieces [from, to) make? "{stem}{width}" cannot:
 * "a1" at 2 pixels and "a" at 12 pixels are both "a12". */
static bool tells_stem(const struct th_template *t, size_t from, size_t to)
{
    size_t n_stems = 0, n_others = 0, at = 0;
    for (size_t i = from; i < to; i++) {
        if (t->pieces[i].kind == STEM) {
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
static bool find_injective(const struct th_template *t)
{
    if (has(t, HASH)) return true;
    bool dir = false, stem = false;
    for (size_t from = 0, to; from < t->n_pieces; from = to + 1) {
        for (to = from; to < t->n_pieces && t->pieces[to].kind != SLASH;)
            to++;
        dir |= to - from == 1 && t->pieces[from].kind == DIR_FIELD;
        stem |= tells_stem(t, from, to);
    }
    return dir && stem;
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
    t->injective = find_injective(t);
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

/* ---- expanding ---- */

/* "256", "256x192", "256x", "x192": as it was written. */
static void add_size(struct th_bytes *b, const struct thumbs_size *size)
{
    if (size->width) th_bytes_addf(b, "%u", (unsigned)size->width);
    if (size->square) return;
    th_bytes_addc(b, 'x');
    if (size->height) th_bytes_addf(b, "%u", (unsigned)size->height);
}

static void add_hash(struct th_bytes *b, const struct th_name_parts *parts)
{
    struct th_bytes path = {0};
    if (*parts->dir) {
        th_bytes_adds(&path, parts->dir);
        th_bytes_addc(&path, '/');
    }
    th_bytes_adds(&path, parts->name);
    if (th_bytes_failed(&path))
        b->failed = true;
    else
        th_bytes_addf(b, "%016llx", (unsigned long long)th_hash64(path.data, path.len, 0));
    th_bytes_finish(&path);
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
        add_hash(b, parts);
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
