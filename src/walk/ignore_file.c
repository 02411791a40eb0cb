/* SPDX-License-Identifier: MIT */
#include "walk/ignore_file.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/sys.h"
#include "walk/gitglob.h"
#include "walk/glob.h"

/* Rules stand one behind the other in one run of bytes: a tag, the glob, a NUL. So a file of many
 * short rules takes little more than its own length. */
enum { TAKES_BACK = 1, FOLDERS_ONLY = 2, TAG = '0' };

struct th_ignore_file {
    char *text; /* owned */
    size_t *at; /* where each of the n rules begins; owned */
    size_t n;
};

/* Blanks at the end, unless a backslash hides the first of them. */
static void drop_blanks(char *line)
{
    char *blanks = NULL;
    for (char *p = line; *p; p++) {
        if (*p == ' ') {
            if (!blanks) blanks = p;
            continue;
        }
        if (*p == '\\' && !*++p) return;
        blanks = NULL;
    }
    if (blanks) *blanks = '\0';
}

/* Append what a line says, if it says anything. False: no memory. */
static bool take_line(char *line, struct th_bytes *text)
{
    const size_t from = text->len;
    unsigned tag = 0;
    if (*line == '#') return true;
    drop_blanks(line);
    if (*line == '!') {
        tag |= TAKES_BACK;
        line++;
    }
    size_t len = strlen(line);
    if (len > 0 && line[len - 1] == '/') {
        tag |= FOLDERS_ONLY;
        line[--len] = '\0';
    }
    if (len == 0) return true;
    th_bytes_addc(text, (char)(TAG + tag));
    /* To glob.h a slash anywhere makes a pattern one of whole paths, as here. */
    const bool said = th_gitglob_translate(line, text);
    th_bytes_addc(text, '\0');
    if (!said && !th_bytes_failed(text)) th_bytes_truncate(text, from);
    return !th_bytes_failed(text);
}

/* Each line as a string of its own; a NUL in the middle of one ends it. */
static bool take_lines(const char *text, size_t len, struct th_bytes *rules)
{
    struct th_bytes line = {0};
    bool ok = true;
    if (len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3)) {
        text += 3;
        len -= 3;
    }
    while (ok && len > 0) {
        const char *end = memchr(text, '\n', len);
        const size_t line_len = end ? (size_t)(end - text) : len, step = line_len + (end != NULL);
        th_bytes_clear(&line);
        th_bytes_add(&line, text, line_len);
        ok = !th_bytes_failed(&line);
        if (ok && line_len > 0 && text[line_len - 1] == '\r')
            th_bytes_truncate(&line, line_len - 1);
        if (ok && line.len > 0) ok = take_line(line.data, rules);
        text += step;
        len -= step;
    }
    th_bytes_finish(&line);
    return ok;
}

/* Where each rule begins. */
static bool index_rules(struct th_ignore_file *file, size_t len)
{
    for (size_t at = 0; at < len; at += strlen(file->text + at) + 1)
        file->n++;
    if (file->n == 0) return true;
    file->at = th_calloc(file->n, sizeof *file->at);
    size_t i = 0;
    for (size_t at = 0; file->at && at < len; at += strlen(file->text + at) + 1)
        file->at[i++] = at;
    return file->at != NULL;
}

struct th_ignore_file *th_ignore_file_create(const char *text, size_t len)
{
    struct th_bytes rules = {0};
    struct th_ignore_file *file = th_calloc(1, sizeof *file);
    bool ok = file && take_lines(text, len, &rules);
    const size_t rules_len = rules.len;
    if (ok && rules_len > 0) {
        file->text = th_bytes_steal(&rules);
        ok = index_rules(file, rules_len);
    }
    th_bytes_finish(&rules);
    if (ok) return file;
    th_ignore_file_destroy(file);
    return NULL;
}

void th_ignore_file_destroy(struct th_ignore_file *file)
{
    if (!file) return;
    free(file->text);
    free(file->at);
    free(file);
}

enum th_verdict th_ignore_file_judge(const struct th_ignore_file *file, const char *path,
                                     bool folder)
{
    for (size_t i = file->n; i > 0; i--) {
        const char *rule = file->text + file->at[i - 1];
        const unsigned tag = (unsigned)(*rule - TAG);
        if ((folder || !(tag & FOLDERS_ONLY)) && th_glob_match(rule + 1, path))
            return tag & TAKES_BACK ? TH_VERDICT_TAKEN : TH_VERDICT_LEFT_OUT;
    }
    return TH_VERDICT_NONE;
}
