/* SPDX-License-Identifier: MIT */
/*
 * Rules of a .thumbsignore against a second reading that follows gitignore(5) and git's own matcher
 * step by step: a table of which rest of the pattern matches which rest of the path. The verdict
 * must be the same for any text and any path.
 *
 * Input: a byte (is the path a folder?), the path up to a NUL, the text.
 */
#include "fuzz.h"
#include "walk/ignore_file.h"

enum { MAX_PATTERN = 60, MAX_PATH = 40, MAX_TEXT = 400 };

struct table {
    const char *pattern, *path;
    signed char known[MAX_PATTERN + 1][MAX_PATH + 1]; /* -1: not computed yet */
};

/* In the locale C, as git has it. */
static bool is_of_kind(const char *name, size_t len, unsigned char c, bool *known)
{
    const bool digit = c >= '0' && c <= '9', lower = c >= 'a' && c <= 'z',
               upper = c >= 'A' && c <= 'Z';
    const struct {
        const char *name;
        bool is;
    } kinds[] = {
        {"alnum", digit || lower || upper},
        {"alpha", lower || upper},
        {"blank", c == ' ' || c == '\t'},
        {"cntrl", (c > 0 && c < 32) || c == 127},
        {"digit", digit},
        {"graph", c > 32 && c < 127},
        {"lower", lower},
        {"print", c >= 32 && c < 127},
        {"punct", c > 32 && c < 127 && !digit && !lower && !upper},
        {"space", c == ' ' || c == '\t' || c == '\n' || c == '\r'},
        {"upper", upper},
        {"xdigit", digit || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strlen(kinds[i].name) != len || strncmp(kinds[i].name, name, len) != 0) continue;
        *known = true;
        return kinds[i].is;
    }
    *known = false;
    return false;
}

/* Does the set at p, behind its '[', take c? Returns what follows it, NULL where it is malformed.
 */
static const char *set_takes(const char *p, unsigned char c, bool *takes)
{
    bool negated = *p == '!' || *p == '^', hit = false, first = true;
    unsigned char before = 0; /* what a range may begin with */
    if (negated) p++;
    for (; first || *p != ']'; first = false) {
        if (!*p) return NULL;
        if (*p == '-' && before && p[1] && p[1] != ']') {
            unsigned char high = (unsigned char)*++p;
            if (high == '\\') high = (unsigned char)*++p;
            if (!high) return NULL;
            hit |= before <= c && c <= high;
            before = 0;
            p++;
        } else if (p[0] == '[' && p[1] == ':') {
            const char *close = strchr(p + 2, ']');
            if (!close) return NULL;
            if (close == p + 2 || close[-1] != ':') {
                hit |= c == '[';
                before = '[';
                p++;
                continue;
            }
            bool known;
            hit |= is_of_kind(p + 2, (size_t)(close - 1 - (p + 2)), c, &known);
            if (!known) return NULL;
            before = 0;
            p = close + 1;
        } else {
            if (*p == '\\' && !*++p) return NULL;
            before = (unsigned char)*p++;
            hit |= c == before;
        }
    }
    *takes = hit != negated && c != '/';
    return p + 1;
}

static bool matches(struct table *t, size_t p, size_t s);

static bool stars_match(struct table *t, size_t p, size_t s)
{
    const char *pattern = t->pattern;
    size_t end = p + strspn(pattern + p, "*");
    bool whole_part =
        end - p > 1 && (p == 0 || pattern[p - 1] == '/') && (!pattern[end] || pattern[end] == '/');
    if (whole_part && pattern[end] == '/' && matches(t, end + 1, s)) return true;
    for (;; s++) {
        if (matches(t, end, s)) return true;
        if (!t->path[s] || (!whole_part && t->path[s] == '/')) return false;
    }
}

static bool compute(struct table *t, size_t p, size_t s)
{
    const char *pattern = t->pattern;
    const char c = t->path[s];
    bool takes;
    if (!pattern[p]) return !c;
    if (pattern[p] == '*') return stars_match(t, p, s);
    if (!c) return false;
    if (pattern[p] == '?') return c != '/' && matches(t, p + 1, s + 1);
    if (pattern[p] == '[') {
        const char *after = set_takes(pattern + p + 1, (unsigned char)c, &takes);
        return after && takes && matches(t, (size_t)(after - pattern), s + 1);
    }
    if (pattern[p] == '\\') p++;
    return pattern[p] == c && matches(t, p + 1, s + 1);
}

static bool matches(struct table *t, size_t p, size_t s)
{
    signed char *known = &t->known[p][s];
    if (*known < 0) *known = compute(t, p, s);
    return *known;
}

static bool pattern_matches(const char *pattern, const char *path)
{
    struct table t = {.pattern = pattern, .path = path};
    const char *slash = strrchr(path, '/');
    memset(t.known, -1, sizeof t.known);
    if (!strchr(pattern, '/')) t.path = slash ? slash + 1 : path;
    if (*pattern == '/') t.pattern++;
    return matches(&t, 0, 0);
}

/* Blanks at the end, but not one behind a backslash. */
static void trim(char *line)
{
    size_t keep = 0;
    for (size_t i = 0; line[i]; i++) {
        bool hides = line[i] == '\\' && line[i + 1];
        if (hides) i++;
        if (hides || line[i] != ' ') keep = i + 1;
    }
    line[keep] = '\0';
}

static void judge_line(char *line, const char *path, bool folder, enum th_verdict *verdict)
{
    if (*line == '#') return;
    trim(line);
    bool negative = *line == '!', folders_only = false;
    if (negative) line++;
    size_t len = strlen(line);
    if (len && line[len - 1] == '/') {
        folders_only = true;
        line[len - 1] = '\0';
    }
    if (!*line || strlen(line) > MAX_PATTERN || (folders_only && !folder)) return;
    if (pattern_matches(line, path)) *verdict = negative ? TH_VERDICT_TAKEN : TH_VERDICT_LEFT_OUT;
}

static enum th_verdict expected(const char *text, size_t len, const char *path, bool folder)
{
    enum th_verdict verdict = TH_VERDICT_NONE;
    if (len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3)) {
        text += 3;
        len -= 3;
    }
    while (len > 0) {
        const char *end = memchr(text, '\n', len);
        size_t line_len = end ? (size_t)(end - text) : len;
        char line[MAX_TEXT + 1];
        memcpy(line, text, line_len);
        line[line_len] = '\0';
        if (line_len && line[line_len - 1] == '\r') line[line_len - 1] = '\0';
        judge_line(line, path, folder, &verdict);
        text += line_len + (end != NULL);
        len -= line_len + (end != NULL);
    }
    return verdict;
}

/* The second reading gives up on longer patterns. */
static bool has_long_line(const char *text, size_t len)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        n = text[i] == '\n' ? 0 : n + 1;
        if (n > MAX_PATTERN) return true;
    }
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct fuzz_input in = {data, len};
    bool folder = fuzz_u8(&in) & 1;
    char *path = fuzz_string(&in, MAX_PATH);
    if (in.len > MAX_TEXT) in.len = MAX_TEXT;
    char *text = fuzz_copy(in.data, in.len);
    struct th_ignore_file *file = th_ignore_file_create(text, in.len);
    if (!file) abort();
    enum th_verdict verdict = th_ignore_file_judge(file, path, folder);
    /* Paths here have no empty parts. */
    if (*path && *path != '/' && !strstr(path, "//") && path[strlen(path) - 1] != '/' &&
        !has_long_line(text, in.len))
        fuzz_check(verdict == expected(text, in.len, path, folder));
    th_ignore_file_destroy(file);
    free(text);
    free(path);
    return 0;
}
