/* SPDX-License-Identifier: MIT */
#include "base/cgroup.h"

#include <stdio.h>
#include <string.h>

#include "base/sys.h"

/* From the group's folder up to the root of the hierarchy. Cuts `dir` as it goes; `base_len` is the
 * length of the mount point. */
static uint64_t smallest_upwards(char *dir, size_t base_len, th_cgroup_limit_fn *limit)
{
    uint64_t best = 0;
    for (;;) {
        uint64_t here = limit(dir);
        if (here && (!best || here < best)) best = here;
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

/* The limit that one line of /proc/self/cgroup leads to: "hierarchy:controllers:path". */
static uint64_t limit_of_line(const char *root, char *line, const char *controller,
                              th_cgroup_limit_fn *v1, th_cgroup_limit_fn *v2)
{
    char *controllers = strchr(line, ':');
    char *group = controllers ? strchr(controllers + 1, ':') : NULL;
    if (!group) return 0;
    size_t len = (size_t)(group - controllers - 1);
    bool unified = len == 0;
    if (!unified && !lists(controllers + 1, len, controller)) return 0;

    char dir[4096];
    int base_len = snprintf(dir, sizeof dir, "%s/sys/fs/cgroup%s%s", root, unified ? "" : "/",
                            unified ? "" : controller);
    if (base_len < 0 || (size_t)base_len >= sizeof dir) return 0;
    size_t left = sizeof dir - (size_t)base_len;
    if ((size_t)snprintf(dir + base_len, left, "%s",
                         strcmp(group + 1, "/") == 0 ? "" : group + 1) >= left)
        return 0;
    return smallest_upwards(dir, (size_t)base_len, unified ? v2 : v1);
}

uint64_t th_cgroup_smallest(const char *root, const char *controller, th_cgroup_limit_fn *v1,
                            th_cgroup_limit_fn *v2)
{
    char path[4096], text[8192], *save = NULL;
    uint64_t best = 0;
    if ((size_t)snprintf(path, sizeof path, "%s/proc/self/cgroup", root) >= sizeof path) return 0;
    if (!th_read_text(path, text, sizeof text)) return 0;
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        uint64_t here = limit_of_line(root, line, controller, v1, v2);
        if (here && (!best || here < best)) best = here;
    }
    return best;
}
