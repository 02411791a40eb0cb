/* SPDX-License-Identifier: MIT */
/*
 * Lists of names: any bytes as one, ended by newlines or NULs. What is handed out cannot lead out
 * of SOURCE, and is just what a second, plainer reading finds: each name once, sorted by folder,
 * and the refused ones.
 *
 * Input: a byte of options, SOURCE up to a NUL, the list.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"
#include "fuzz.h"
#include "walk/list.h"
#include "walk/walk.h"

enum { MAX_NAMES = 4096 };

struct expected {
    char *names[MAX_NAMES]; /* clean paths of those that are taken, sorted as text, each once */
    size_t n, n_refused;
};

/* Without empty and "." parts; a slash at the front stays. Newly allocated. */
static char *expect_clean(const char *path)
{
    char *clean = calloc(1, strlen(path) + 2);
    if (!clean) abort();
    size_t n = 0, begin = *path == '/';
    if (begin) clean[n++] = '/';
    for (const char *part = path; *part;) {
        size_t len = strcspn(part, "/");
        if (len > 0 && !(len == 1 && *part == '.')) {
            if (n > begin) clean[n++] = '/';
            memcpy(clean + n, part, len);
            n += len;
        }
        part += len + (part[len] == '/');
    }
    return clean;
}

static bool is_same(const char *path, size_t len, const char *source)
{
    struct stat a, b;
    char *beginning = fuzz_copy(path, len + 1);
    beginning[len] = '\0';
    bool same = stat(source, &a) == 0 && S_ISDIR(a.st_mode) && stat(beginning, &b) == 0 &&
                a.st_dev == b.st_dev && a.st_ino == b.st_ino;
    free(beginning);
    return same;
}

/* What of an absolute name lies below SOURCE, as that is spelled or as it is found on the way;
 * NULL: it does not. */
static const char *expect_below(const char *clean, const char *source)
{
    char *given = expect_clean(source);
    size_t len = strlen(given);
    bool spelled = *given == '/' && !strncmp(clean, given, len) &&
                   (len == 1 || clean[len] == '/' || !clean[len]);
    free(given);
    if (spelled) return clean + len + (clean[len] == '/');
    if (is_same("/", 1, source)) return clean + 1;
    for (size_t i = 1; i <= strlen(clean); i++)
        if ((clean[i] == '/' || !clean[i]) && is_same(clean, i, source))
            return clean + i + (clean[i] == '/');
    return NULL;
}

/* The path below SOURCE, newly allocated; NULL if it is to be refused. */
static char *expect_name(const char *name, size_t len, const char *source)
{
    if (memchr(name, '\0', len)) return NULL;
    char *given = fuzz_copy(name, len + 1);
    given[len] = '\0';
    char *clean = expect_clean(given), *below = NULL;
    const char *path = *clean == '/' ? expect_below(clean, source) : clean;
    bool ok = path != NULL;
    for (const char *part = path; ok && *part;) {
        size_t part_len = strcspn(part, "/");
        ok = part_len <= TH_NAME_MAX && !(part_len == 2 && memcmp(part, "..", 2) == 0);
        part += part_len + (part[part_len] == '/');
    }
    if (ok) below = fuzz_copy(path, strlen(path) + 1);
    free(given);
    free(clean);
    return below;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void read_plainly(const uint8_t *data, size_t len, char end, const char *source,
                         struct expected *out)
{
    size_t n = 0;
    bool is_first = true;
    *out = (struct expected){0};
    while (len > 0) {
        const uint8_t *close = memchr(data, end, len);
        size_t name_len = close ? (size_t)(close - data) : len, begin = 0, end_len = name_len;
        if (end == '\n' && name_len > 0 && !memchr(data, '\0', name_len)) {
            /* (Nothing is called so.) */
            if (is_first && name_len >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0) begin = 3;
            if (data[name_len - 1] == '\r') end_len--;
        }
        if (name_len > 0) is_first = false;
        if (end_len > begin) {
            /* An exact copy with room for a NUL. */
            char *name = malloc(end_len - begin + 1);
            if (!name) abort();
            memcpy(name, data + begin, end_len - begin);
            char *path = expect_name(name, end_len - begin, source);
            free(name);
            if (path && n < MAX_NAMES)
                out->names[n++] = path;
            else if (!path)
                out->n_refused++;
        }
        data += name_len + (close != NULL);
        len -= name_len + (close != NULL);
    }
    qsort(out->names, n, sizeof *out->names, by_text);
    for (size_t i = 0; i < n; i++) {
        if (out->n && strcmp(out->names[out->n - 1], out->names[i]) == 0)
            free(out->names[i]);
        else
            out->names[out->n++] = out->names[i];
    }
}

/* Folder before folder, within one name before name. */
static void check_order(const char *before, size_t before_dir, const struct th_list_item *item)
{
    size_t least = before_dir < item->dir_len ? before_dir : item->dir_len;
    int order = memcmp(before, item->path, least);
    if (order == 0 && before_dir != item->dir_len) order = before_dir < item->dir_len ? -1 : 1;
    if (order == 0) order = strcmp(before, item->path);
    fuzz_check(order < 0);
}

static void check_taken(const struct th_list_item *item)
{
    const char *slash = strrchr(item->path, '/');
    fuzz_check(item->dir_len == (slash ? (size_t)(slash - item->path) : 0));
    fuzz_check(item->path[0] != '/');
    for (const char *part = item->path; *part;) {
        size_t len = strcspn(part, "/");
        fuzz_check(len > 0 && !(len == 1 && *part == '.') &&
                   !(len == 2 && memcmp(part, "..", 2) == 0));
        part += len;
        if (*part) fuzz_check(*++part);
    }
}

static void check_list(struct th_list *list, struct expected *want)
{
    struct th_list_item item;
    enum th_list_state state;
    char *last = NULL;
    size_t last_dir = 0, n = 0, n_refused = 0;
    while ((state = th_list_next(list, NULL, NULL, &item)) == TH_LIST_ITEM) {
        if (item.refused) {
            n_refused++;
            fuzz_check(!last);
            continue;
        }
        check_taken(&item);
        if (last) check_order(last, last_dir, &item);
        const char *path = item.path;
        fuzz_check(bsearch(&path, want->names, want->n, sizeof *want->names, by_text));
        free(last);
        last = strdup(path);
        if (!last) abort();
        last_dir = item.dir_len;
        n++;
    }
    free(last);
    fuzz_check(state == TH_LIST_END && n == want->n && n_refused == want->n_refused);
    fuzz_check(th_list_next(list, NULL, NULL, &item) == TH_LIST_END);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct expected want;
    struct fuzz_input in = {data, len};
    bool null = fuzz_u8(&in) & 1;
    char *source = fuzz_string(&in, 100);
    if (in.len > 60000) in.len = 60000; /* one lot, so that each name comes once */
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (fd < 0 || write(fd, in.data, in.len) != (ssize_t)in.len) abort();
    struct th_list *list;
    if (th_list_open(path, null, source, &list, NULL) != THUMBS_OK) abort();
    read_plainly(in.data, in.len, null ? '\0' : '\n', source, &want);
    check_list(list, &want);
    for (size_t i = 0; i < want.n; i++)
        free(want.names[i]);
    th_list_close(list);
    close(fd);
    free(source);
    return 0;
}
