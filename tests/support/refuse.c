/* SPDX-License-Identifier: MIT */
/* refuse SYSCALL... -- PROGRAM ARGUMENT... - run a program as on a kernel that lacks these system
 * calls: each fails with ENOSYS. For tests of what thumbs does where a kernel or a container has
 * less. */
#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    int i = 1;
    for (; filter && i < argc && strcmp(argv[i], "--") != 0; i++) {
        int number = seccomp_syscall_resolve_name(argv[i]);
        if (number == __NR_SCMP_ERROR ||
            seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), number, 0) != 0) {
            fprintf(stderr, "refuse: %s: no system call that can be refused\n", argv[i]);
            return 2;
        }
    }
    if (!filter || i + 1 >= argc || seccomp_load(filter) != 0) {
        fprintf(stderr, "refuse: the filter cannot be set\n");
        return 77;
    }
    seccomp_release(filter);
    execv(argv[i + 1], argv + i + 1);
    perror(argv[i + 1]);
    return 2;
}
