/* SPDX-License-Identifier: MIT */
/* The memory that may be used, told from made-up /proc and /sys folders. */
#include <criterion/criterion.h>

#include "base/memory.h"
#include "support/sysroot.h"
#include "support/tree.h"

#define GIB ((uint64_t)1 << 30)

static char *root;

static void make_root(void)
{
    root = test_folder_make();
}

static void drop_root(void)
{
    test_folder_remove(root);
}

static void put(const char *path, const char *text)
{
    test_sysroot_put(root, path, text);
}

/* A machine of 8 GiB. */
static void put_machine(void)
{
    put("/proc/meminfo", "MemTotal:        8388608 kB\nMemFree:          524288 kB\n");
}

TestSuite(memory, .init = make_root, .fini = drop_root);

Test(memory, the_machine_counts_where_no_group_says_less)
{
    put_machine();
    cr_expect_eq(th_memory_usable_below(root), 8 * GIB);
    put("/proc/self/cgroup", "0::/user.slice\n");
    put("/sys/fs/cgroup/user.slice/memory.max", "max\n");
    put("/sys/fs/cgroup/user.slice/memory.high", "max\n");
    cr_expect_eq(th_memory_usable_below(root), 8 * GIB);
    put("/sys/fs/cgroup/user.slice/memory.max", "17179869184\n");
    cr_expect_eq(th_memory_usable_below(root), 8 * GIB, "a limit beyond what the machine has");
}

Test(memory, the_smallest_limit_on_the_way_up_counts)
{
    put_machine();
    put("/proc/self/cgroup", "0::/a.slice/b.scope/c\n");
    put("/sys/fs/cgroup/a.slice/b.scope/c/memory.max", "4294967296\n");
    cr_expect_eq(th_memory_usable_below(root), 4 * GIB);
    put("/sys/fs/cgroup/a.slice/memory.max", "2147483648\n");
    put("/sys/fs/cgroup/a.slice/b.scope/memory.max", "max\n");
    cr_expect_eq(th_memory_usable_below(root), 2 * GIB);
    put("/sys/fs/cgroup/a.slice/b.scope/memory.high", "1073741824\n");
    cr_expect_eq(th_memory_usable_below(root), GIB, "memory.high slows down who goes past it");
    put("/sys/fs/cgroup/memory.max", "536870912\n");
    cr_expect_eq(th_memory_usable_below(root), GIB / 2, "the root of a container's own hierarchy");
}

/* In a container the path may be the host's, of which nothing is mounted but the container's own
 * group. */
Test(memory, the_path_of_the_host_leads_to_the_root)
{
    put_machine();
    put("/proc/self/cgroup", "0::/docker/0123456789abcdef\n");
    put("/sys/fs/cgroup/memory.max", "1073741824\n");
    cr_expect_eq(th_memory_usable_below(root), GIB);
}

Test(memory, version_1_has_its_own_folder)
{
    put_machine();
    put("/proc/self/cgroup", "12:cpu,cpuacct:/x\n5:memory:/batch/job\n1:name=systemd:/x\n");
    put("/sys/fs/cgroup/memory/batch/job/memory.limit_in_bytes", "9223372036854771712\n");
    put("/sys/fs/cgroup/cpu/x/memory.limit_in_bytes", "1000\n");
    cr_expect_eq(th_memory_usable_below(root), 8 * GIB, "no limit, as version 1 writes it");
    put("/sys/fs/cgroup/memory/batch/memory.limit_in_bytes", "3221225472\n");
    cr_expect_eq(th_memory_usable_below(root), 3 * GIB);
}

/* Both versions side by side: the unified hierarchy then has no memory controller. */
Test(memory, both_versions_at_once)
{
    put_machine();
    put("/proc/self/cgroup", "5:memory:/job\n0::/job\n");
    put("/sys/fs/cgroup/memory/job/memory.limit_in_bytes", "1073741824\n");
    cr_expect_eq(th_memory_usable_below(root), GIB);
}

Test(memory, rubbish_is_no_limit_and_nothing_is_never_0)
{
    cr_expect_gt(th_memory_usable_below(root), 0u, "no /proc at all");
    put_machine();
    put("/proc/self/cgroup", "\n:\n::\n0::\nno colon\n0:memory\n0::/x\n");
    put("/sys/fs/cgroup/x/memory.max", "much\n");
    put("/sys/fs/cgroup/memory.max", "");
    cr_expect_eq(th_memory_usable_below(root), 8 * GIB);
    put("/proc/meminfo", "MemTotal: much kB\n");
    cr_expect_gt(th_memory_usable_below(root), 0u);
}

Test(memory, here)
{
    cr_expect_gt(th_memory_usable(), (uint64_t)16 << 20);
}
