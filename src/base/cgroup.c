/* SPDX-License-Identifier: MIT */
#include "base/cgroup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sys.h"

bool th_cgroup_number(const char *dir, const char *name, uint64_t *out)
{
    char path[4096 + 64], text[64];
    if ((size_t)snprintf(path, sizeof path, "%s/%s", dir, name) >= sizeof path) return false;
    if (!th_read_text(path, text, sizeof text)) return false;
    char *end;
    uint64_t number = strtoull(text, &end, 10);
    if (end == text) return false;
    *out = number;
    return true;
}

/* Of two limits; 0 is none. */
static uint64_t smaller(uint64_t a, uint64_t b)
{
    return !b || (a && a < b) ? a : b;
}

/* From the group's folder up to the root of the hierarchy. Cuts `dir` as it goes; `base_len` is the
 * length of the mount point. */
static uint64_t smallest_upwards(char *dir, size_t base_len, th_cgroup_limit_fn *limit)
{
    uint64_t best = 0;
    for (;;) {
        best = smaller(best, limit(dir));
        char *slash = strrchr(dir, '/');
        if (!slash || strlen(dir) <= base_len) return best;
        *slash = '\0';
        if (strlen(dir) < base_len) return best;
    }
}

/* Does the comma-separated controller list of a line in /proc/self/cgroup name this one? */
static bool lists(const char *controllers, size_t len, const char *controller)
{
    size_t name_len = strlen(controller);
    while (len) {
        const char *comma = memchr(controllers, ',', len);
        size_t part = comma ? (size_t)(comma - controllers) : len;
        if (part == name_len && memcmp(controllers, controller, part) == 0) return true;
        if (!comma) break;
        controllers += part + 1;
        len -= part + 1;
    }
    return false;
}

/* The smallest limit of a group and its ancestors, where the hierarchy is mounted with that name of
 * `len` bytes below /sys/fs/cgroup. */
static uint64_t limit_in(const char *root, const char *hierarchy, size_t len, const char *group,
                         th_cgroup_limit_fn *limit)
{
    char dir[4096];
    int base_len = snprintf(dir, sizeof dir, "%s/sys/fs/cgroup%.*s", root, (int)len, hierarchy);
    if (base_len < 0 || (size_t)base_len >= sizeof dir) return 0;
    size_t left = sizeof dir - (size_t)base_len;
    const char *path = strcmp(group, "/") == 0 ? "" : group;
    if ((size_t)snprintf(dir + base_len, left, "%s", path) >= left) return 0;
    return smallest_upwards(dir, (size_t)base_len, limit);
}

/* The limit that one line of /proc/self/cgroup leads to: "hierarchy:controllers:path". */
static uint64_t limit_of_line(const char *root, char *line, const char *controller,
                              th_cgroup_limit_fn *v1, th_cgroup_limit_fn *v2)
{
    char *controllers = strchr(line, ':');
    char *group = controllers ? strchr(controllers + 1, ':') : NULL;
    if (!group) return 0;
    size_t len = (size_t)(group - controllers - 1);
    group++;
    if (len == 0)
        return smaller(limit_in(root, "", 0, group, v2),
                       limit_in(root, "/unified", strlen("/unified"), group, v2));
    if (!lists(controllers + 1, len, controller)) return 0;
    /* Controllers that share a hierarchy share a mount, "cpu,cpuacct"; "cpu" is a link to it, which
     * containers may lack. The colon before the list makes room for a slash. */
    *controllers = '/';
    char own[64];
    snprintf(own, sizeof own, "/%s", controller);
    return smaller(limit_in(root, own, strlen(own), group, v1),
                   limit_in(root, controllers, len + 1, group, v1));
}

uint64_t th_cgroup_smallest(const char *root, const char *controller, th_cgroup_limit_fn *v1,
                            th_cgroup_limit_fn *v2)
{
    char path[4096], text[8192], *save = NULL;
    uint64_t best = 0;
    if ((size_t)snprintf(path, sizeof path, "%s/proc/self/cgroup", root) >= sizeof path) return 0;
    if (!th_read_text(path, text, sizeof text)) return 0;
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        best = smaller(best, limit_of_line(root, line, controller, v1, v2));
    }
    return best;
}
