/* SPDX-License-Identifier: MIT */
/*
 * What control groups allow, told from recorded trees of /sys/fs/cgroup: cgroups/NAME.txt.
 *
 * Such a file begins with notes (#) and with what is to be found on a machine of 16 CPUs and 8 GiB:
 * "cpus N", "memory BYTES", "tasks N|none" (how many more may be started). Then come the files,
 * each after a line "== PATH". On a real machine
 *   for f in /proc/self/cgroup $(find /sys/fs/cgroup -name cpu.max); do echo "== $f"; cat $f; done
 * records some.
 */
#include <criterion/criterion.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpus.h"
#include "base/memory.h"
#include "base/tasks.h"
#include "support/sysroot.h"
#include "support/tree.h"

enum { CPUS = 16 };

struct recording {
    char *root;
    unsigned long cpus;
    unsigned long long memory;
    bool has_tasks;
    unsigned long long tasks;
};

static char *read_whole(const char *path)
{
    static char text[16384];
    FILE *f = fopen(path, "r");
    cr_assert_not_null(f, "%s", path);
    size_t len = fread(text, 1, sizeof text - 1, f);
    cr_assert(feof(f), "%s is too long", path);
    fclose(f);
    text[len] = '\0';
    return text;
}

/* The files of a recording, below its root. */
static void put_files(const struct recording *r, char *text)
{
    for (char *at = strstr(text, "\n== "), *next; at; at = next) {
        char *path = at + 4, *content = strchr(path, '\n');
        cr_assert_not_null(content);
        *content++ = '\0';
        next = strstr(content[0] == '=' ? content - 1 : content, "\n== ");
        if (next) next[1] = '\0';
        test_sysroot_put(r->root, path, content);
        if (next) next[1] = '=';
    }
}

static struct recording unpack(const char *path)
{
    struct recording r = {.root = test_folder_make()};
    char *text = read_whole(path);
    const char *cpus = strstr(text, "\ncpus "), *memory = strstr(text, "\nmemory "),
               *tasks = strstr(text, "\ntasks ");
    cr_assert(cpus && memory && tasks, "%s does not say what is to be found", path);
    r.cpus = strtoul(cpus + 6, NULL, 10);
    r.memory = strtoull(memory + 8, NULL, 10);
    r.has_tasks = strncmp(tasks + 7, "none", 4) != 0;
    r.tasks = strtoull(tasks + 7, NULL, 10);
    test_sysroot_put(r.root, "/proc/meminfo", "MemTotal:        8388608 kB\n");
    put_files(&r, text);
    return r;
}

Test(cgroup, recorded_trees)
{
    glob_t found;
    cr_assert_eq(glob(TEST_CGROUPS "/*.txt", 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        const char *name = strrchr(found.gl_pathv[i], '/') + 1;
        struct recording r = unpack(found.gl_pathv[i]);
        unsigned cpus = th_cpus_usable_below(r.root, CPUS);
        cr_expect_eq(cpus, r.cpus, "%s: %u CPUs", name, cpus);
        cr_expect_eq(th_cpus_usable_below(r.root, 1), 1u, "%s: the affinity mask binds too", name);
        unsigned long long memory = th_memory_usable_below(r.root);
        cr_expect_eq(memory, r.memory, "%s: %llu bytes", name, memory);
        uint64_t tasks = 0;
        bool has = th_tasks_left_below(r.root, &tasks);
        cr_expect_eq(has, r.has_tasks, "%s: tasks are %sbounded", name, has ? "" : "not ");
        if (has && r.has_tasks)
            cr_expect_eq(tasks, r.tasks, "%s: %llu tasks", name, (unsigned long long)tasks);
        test_folder_remove(r.root);
    }
    globfree(&found);
}

Test(cgroup, without_proc_and_sys_the_mask_counts)
{
    char *root = test_folder_make();
    uint64_t tasks;
    cr_expect_eq(th_cpus_usable_below(root, CPUS), (unsigned)CPUS);
    cr_expect_not(th_tasks_left_below(root, &tasks));
    test_folder_remove(root);
}
