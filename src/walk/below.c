/* SPDX-License-Identifier: MIT */
#include "walk/below.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/path.h"
#include "base/sys.h"

/* Leave out what says nothing, in place; a slash at the front stays. */
static void clean_parts(char *path)
{
    char *to = path;
    const char *from = path;
    if (*from == '/') *to++ = *from++;
    char *const begin = to;
    while (*from) {
        size_t len = strcspn(from, "/");
        if (len > 0 && !(len == 1 && from[0] == '.')) {
            if (to > begin) *to++ = '/';
            memmove(to, from, len);
            to += len;
        }
        from += len + (from[len] == '/');
    }
    *to = '\0';
}

bool th_below_init(struct th_below *below, const char *source)
{
    struct stat st;
    *below = (struct th_below){.fd = -1, .given = th_strdup(source)};
    if (!below->given) return false;
    clean_parts(below->given);
    below->fd = th_path_open(AT_FDCWD, source, strlen(source), O_PATH | O_DIRECTORY);
    if (below->fd >= 0 && fstat(below->fd, &st) != 0) {
        th_close(below->fd);
        below->fd = -1;
    }
    if (below->fd < 0) return true;
    below->dev = st.st_dev;
    below->ino = st.st_ino;
    return true;
}

void th_below_finish(struct th_below *below)
{
    if (below->given && below->fd >= 0) th_close(below->fd);
    free(below->given);
    free(below->alias);
    *below = (struct th_below){.fd = -1};
}

/* What follows `beginning` in the name, if it begins with that as a whole, else NULL. Both absolute
 * and clean. */
static char *behind(char *name, const char *beginning)
{
    size_t len = strlen(beginning);
    if (strncmp(name, beginning, len) != 0) return NULL;
    if (len == 1) return name + 1; /* "/" */
    return name[len] == '/' ? name + len + 1 : name[len] ? NULL : name + len;
}

/* Is it SOURCE? Nothing is opened but folders of a path that is longer than the system takes at
 * once. */
static bool is_source(const struct th_below *below, const char *path)
{
    struct stat st;
    int failed, fd = -1;
    if (strlen(path) < PATH_MAX) {
        failed = fstatat(AT_FDCWD, path, &st, 0);
    } else {
        fd = th_path_open(AT_FDCWD, path, strlen(path), O_PATH | O_DIRECTORY);
        failed = fd < 0 || fstat(fd, &st) != 0;
        if (fd >= 0) th_close(fd);
    }
    return !failed && st.st_dev == below->dev && st.st_ino == below->ino;
}

/* What follows the first folder on the way that is SOURCE; that beginning is remembered, since the
 * names of a list mostly share one. NULL: none is. */
static char *find_behind(struct th_below *below, char *name)
{
    char *rest = NULL;
    if (below->fd < 0) return NULL;
    for (char *end = name; !rest && end; end = *end ? strchr(end + 1, '/') : NULL) {
        size_t len = end == name ? 1 : (size_t)(end - name);
        char *beginning = th_alloc(len + 1);
        if (!beginning) return NULL;
        memcpy(beginning, name, len);
        beginning[len] = '\0';
        if (is_source(below, beginning)) {
            free(below->alias);
            below->alias = beginning;
            rest = behind(name, beginning);
        } else {
            free(beginning);
        }
    }
    if (!rest && is_source(below, name)) rest = name + strlen(name);
    return rest;
}

static char *without_source(struct th_below *below, char *name)
{
    char *rest = NULL;
    if (*name != '/') return name;
    if (*below->given == '/') rest = behind(name, below->given);
    if (!rest && below->alias) rest = behind(name, below->alias);
    return rest ? rest : find_behind(below, name);
}

static enum th_refusal check_parts(const char *path)
{
    for (;;) {
        size_t len = strcspn(path, "/");
        if (len == 2 && path[0] == '.' && path[1] == '.') return TH_NAME_LEADS_UP;
        if (len > TH_NAME_MAX) return TH_NAME_TOO_LONG;
        path += len;
        if (!*path) return TH_NAME_TAKEN;
        path++;
    }
}

enum th_refusal th_below_clean(struct th_below *below, char *name, size_t *dir_len)
{
    *dir_len = 0;
    clean_parts(name);
    char *path = without_source(below, name);
    enum th_refusal refusal = path ? check_parts(path) : TH_NAME_NOT_BELOW;
    if (refusal != TH_NAME_TAKEN) return refusal;
    memmove(name, path, strlen(path) + 1);
    const char *slash = strrchr(name, '/');
    if (slash) *dir_len = (size_t)(slash - name);
    return TH_NAME_TAKEN;
}

bool th_below_exists(const struct th_below *below, const char *path)
{
    struct stat st;
    if (below->fd < 0 || !*path) return false;
    if (strlen(path) < PATH_MAX) return fstatat(below->fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
    int fd = th_path_open(below->fd, path, strlen(path), O_PATH | O_NOFOLLOW);
    if (fd >= 0) th_close(fd);
    return fd >= 0;
}
