/* SPDX-License-Identifier: MIT */
/*
 * The list of system calls that a locked-up worker may make, built with libseccomp and kept as
 * instructions.
 *
 * What is not on it fails with EPERM. Killing would tell nothing about why a file crashed and would
 * turn each call that a newer library tries first into a lost picture; and it gains nothing, since
 * a call that failed has not happened. Only a call through the door of another architecture ends
 * the process: no decoder was compiled for it.
 *
 * Calls without conditions come first in the kernel's eyes: it keeps them in a bitmap and runs no
 * instruction for them.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/sys.h"
#include "sandbox/sandbox_internal.h"

/* Stands for the process in the instructions until it is known who enters; no process has such a
 * number (PID_MAX_LIMIT is 2^22) and no other constant in the program is like it. */
#define PID_MARK 0x7e57ab1eu

#ifndef SECCOMP_FILTER_FLAG_SPEC_ALLOW
#define SECCOMP_FILTER_FLAG_SPEC_ALLOW (1UL << 2)
#endif

/* With any arguments: they reach nothing but the memory and the open descriptors of the process, or
 * tell what every process may know. */
static const int plain[] = {
    /* memory; mmap and mprotect have conditions */
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(mincore),
    SCMP_SYS(msync),
    SCMP_SYS(membarrier),
    /* descriptors that are open */
    SCMP_SYS(read),
    SCMP_SYS(readv),
    SCMP_SYS(pread64),
    SCMP_SYS(preadv),
    SCMP_SYS(write),
    SCMP_SYS(writev),
    SCMP_SYS(pwrite64),
    SCMP_SYS(pwritev),
    SCMP_SYS(lseek),
    SCMP_SYS(ftruncate),
    SCMP_SYS(fstat),
    SCMP_SYS(fstatfs),
    SCMP_SYS(fadvise64),
    SCMP_SYS(getdents64),
    SCMP_SYS(close),
    SCMP_SYS(dup),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(eventfd2), /* GLib ends the process where it cannot have one */
    /* threads; futex has conditions */
    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(sched_getattr),
    SCMP_SYS(sched_getparam),
    SCMP_SYS(sched_getscheduler),
    SCMP_SYS(sched_get_priority_min),
    SCMP_SYS(sched_get_priority_max),
    SCMP_SYS(getcpu),
    /* signals to itself; kill and tgkill have conditions */
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigpending),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigsuspend),
    SCMP_SYS(rt_sigtimedwait),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(pause),
    /* time */
    SCMP_SYS(clock_getres),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(nanosleep),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(times),
    /* questions */
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(getppid),
    SCMP_SYS(getpgrp),
    SCMP_SYS(getuid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getgid),
    SCMP_SYS(getegid),
    SCMP_SYS(getresuid),
    SCMP_SYS(getresgid),
    SCMP_SYS(getrandom),
    SCMP_SYS(getrlimit),
    SCMP_SYS(getrusage),
    SCMP_SYS(sysinfo),
    SCMP_SYS(uname),
#if TH_SANDBOX_SANITIZED
    /* Their runtimes try addresses by writing from them into a pipe. */
    SCMP_SYS(pipe),
    SCMP_SYS(pipe2),
#endif
};

/* Questions about names. Landlock does not restrict them: that a file exists, how large and how old
 * it is can be seen as far as its folder's permissions allow. fontconfig cannot do without; where
 * nothing can be opened they are refused, fstat() of those C libraries included that make it
 * newfstatat() of no name: a filter cannot see that the name is empty, and decoders get no
 * descriptors to ask about. */
static const int about_names[] = {
    SCMP_SYS(access),     SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(readlink),
    SCMP_SYS(readlinkat), SCMP_SYS(stat),      SCMP_SYS(lstat),      SCMP_SYS(newfstatat),
    SCMP_SYS(statx),      SCMP_SYS(statfs),    SCMP_SYS(getcwd),
};

/* Building stops at the first failure. */
struct build {
    scmp_filter_ctx ctx;
    int failed; /* 0 or an errno value */
};

static void add(struct build *b, uint32_t action, int nr, const struct scmp_arg_cmp *conditions,
                unsigned n)
{
    /* libseccomp's negative numbers are calls that this architecture does not have. */
    if (b->failed || nr < 0) return;
    b->failed = -seccomp_rule_add_array(b->ctx, action, nr, n, conditions);
}

static void allow(struct build *b, int nr)
{
    add(b, SCMP_ACT_ALLOW, nr, NULL, 0);
}

static void allow_if(struct build *b, int nr, struct scmp_arg_cmp condition)
{
    add(b, SCMP_ACT_ALLOW, nr, &condition, 1);
}

static void fail_with(struct build *b, int nr, int os_errno)
{
    add(b, SCMP_ACT_ERRNO((unsigned)os_errno), nr, NULL, 0);
}

static void allow_all(struct build *b, const int *calls, size_t n)
{
    for (size_t i = 0; i < n; i++)
        allow(b, calls[i]);
}

/* Opening for reading, nothing else: no creation, no truncation, no O_PATH handles. This is also
 * what keeps a worker from opening its read-only memory for writing by way of /proc/self/fd, which
 * Landlock lets pass. */
static void add_files(struct build *b, bool with_files)
{
    const scmp_datum_t writing =
        O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND | (O_TMPFILE & ~O_DIRECTORY) | O_PATH;
    if (with_files) {
        allow_if(b, SCMP_SYS(open), SCMP_A1_64(SCMP_CMP_MASKED_EQ, writing, O_RDONLY));
        allow_if(b, SCMP_SYS(openat), SCMP_A2_64(SCMP_CMP_MASKED_EQ, writing, O_RDONLY));
        allow_all(b, about_names, sizeof about_names / sizeof *about_names);
    } else {
        fail_with(b, SCMP_SYS(open), EACCES);
        fail_with(b, SCMP_SYS(openat), EACCES);
    }
    fail_with(b, SCMP_SYS(openat2),
              ENOSYS); /* its flags lie in memory, where a filter cannot look */
    fail_with(b, SCMP_SYS(ioctl), ENOTTY);
    static const int harmless[] = {F_GETFD, F_SETFD, F_GETFL, F_DUPFD, F_DUPFD_CLOEXEC};
    for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++)
        allow_if(b, SCMP_SYS(fcntl),
                 SCMP_A1_64(SCMP_CMP_MASKED_EQ, UINT32_MAX, (scmp_datum_t)harmless[i]));
}

/* Never writable and executable, never made executable later. A module may be mapped from a file
 * where files may be opened (loaders of gdk-pixbuf, character sets of the C library).
 *
 * All memory is of a kind that a limit counts: private memory, and that of files, whose size is
 * limited. Empty memory that is shared is neither; nor, for RLIMIT_DATA, is memory that grows
 * downwards; huge pages of the reserved pool are not even resident; locked memory cannot be
 * swapped. No decoder asks for any of these. */
static void add_memory(struct build *b, bool with_files)
{
    const scmp_datum_t kind = MAP_TYPE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_GROWSDOWN | MAP_LOCKED;
    static const int kinds[] = {MAP_PRIVATE, MAP_PRIVATE | MAP_ANONYMOUS, MAP_SHARED};
    allow_if(b, SCMP_SYS(mprotect), SCMP_A2_64(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const struct scmp_arg_cmp data[] = {
            SCMP_A2_64(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0),
            SCMP_A3_64(SCMP_CMP_MASKED_EQ, kind, (scmp_datum_t)kinds[i]),
        };
        add(b, SCMP_ACT_ALLOW, SCMP_SYS(mmap), data, sizeof data / sizeof *data);
    }
    if (!with_files) return;
    const struct scmp_arg_cmp module[] = {
        SCMP_A2_64(SCMP_CMP_MASKED_EQ, PROT_EXEC | PROT_WRITE, PROT_EXEC),
        SCMP_A3_64(SCMP_CMP_MASKED_EQ, kind, MAP_PRIVATE),
    };
    add(b, SCMP_ACT_ALLOW, SCMP_SYS(mmap), module, sizeof module / sizeof *module);
}

/* On sockets it was given, since it can make none, without the odder ways: no urgent bytes, no
 * pages instead of copies. Which descriptors are sent lies in memory, where a filter cannot look;
 * they can only be its own. */
static void add_messages(struct build *b)
{
    const scmp_datum_t sending = ~(scmp_datum_t)MSG_NOSIGNAL & UINT32_MAX;
    const scmp_datum_t receiving = ~(scmp_datum_t)MSG_CMSG_CLOEXEC & UINT32_MAX;
    allow_if(b, SCMP_SYS(sendmsg), SCMP_A2_64(SCMP_CMP_MASKED_EQ, sending, 0));
    allow_if(b, SCMP_SYS(recvmsg), SCMP_A2_64(SCMP_CMP_MASKED_EQ, receiving, 0));
}

/* Waiting and waking is all that the C library and decoders' own locks do. Priority inheritance,
 * moving those who wait and waiting for many are the harder parts of the kernel's code. */
static void add_locks(struct build *b)
{
    const scmp_datum_t command = UINT32_MAX & FUTEX_CMD_MASK;
    static const int commands[] = {FUTEX_WAIT, FUTEX_WAKE, FUTEX_WAIT_BITSET, FUTEX_WAKE_BITSET};
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        allow_if(b, SCMP_SYS(futex),
                 SCMP_A1_64(SCMP_CMP_MASKED_EQ, command, (scmp_datum_t)commands[i]));
}

/* Threads, but no processes. The flags are the first argument on x86 and on ARM. */
static void add_threads(struct build *b)
{
    const scmp_datum_t thread = CLONE_VM | CLONE_SIGHAND | CLONE_THREAD;
    const scmp_datum_t other = CLONE_PTRACE | CLONE_VFORK | CLONE_NEWNS | CLONE_NEWCGROUP |
                               CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID |
                               CLONE_NEWNET;
    allow_if(b, SCMP_SYS(clone), SCMP_A0_64(SCMP_CMP_MASKED_EQ, thread | other, thread));
    fail_with(b, SCMP_SYS(clone3),
              ENOSYS); /* its flags lie in memory; the C library then takes clone() */
    const struct scmp_arg_cmp own_limits[] = {SCMP_A0_64(SCMP_CMP_EQ, 0),
                                              SCMP_A2_64(SCMP_CMP_EQ, 0)};
    add(b, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), own_limits, sizeof own_limits / sizeof *own_limits);
    allow_if(b, SCMP_SYS(prctl), SCMP_A0_64(SCMP_CMP_EQ, PR_SET_NAME));
    allow_if(b, SCMP_SYS(prctl), SCMP_A0_64(SCMP_CMP_EQ, PR_GET_NAME));
    allow_if(b, SCMP_SYS(prctl), SCMP_A0_64(SCMP_CMP_EQ, PR_GET_DUMPABLE));
}

/* abort(), of itself. No other signal: one that dies of SIGKILL has been killed from outside, by
 * the kernel or a person, and its file is not to blame; so no worker may be able to end like that.
 * (Nor may it set a limit of CPU time or a timer, which end in SIGKILL too: neither call is on the
 * list.) */
static void add_abort(struct build *b)
{
    const struct scmp_arg_cmp to_process[] = {SCMP_A0_64(SCMP_CMP_MASKED_EQ, UINT32_MAX, PID_MARK),
                                              SCMP_A1_64(SCMP_CMP_MASKED_EQ, UINT32_MAX, SIGABRT)};
    const struct scmp_arg_cmp to_thread[] = {SCMP_A0_64(SCMP_CMP_MASKED_EQ, UINT32_MAX, PID_MARK),
                                             SCMP_A2_64(SCMP_CMP_MASKED_EQ, UINT32_MAX, SIGABRT)};
    add(b, SCMP_ACT_ALLOW, SCMP_SYS(kill), to_process, sizeof to_process / sizeof *to_process);
    add(b, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), to_thread, sizeof to_thread / sizeof *to_thread);
}

/* All that comes, which must be whole instructions. */
static int read_code(int fd, struct th_filter *filter)
{
    struct sock_filter code[TH_FILTER_MAX + 1];
    ssize_t len = th_read_full(fd, code, sizeof code);
    if (len <= 0 || len % (ssize_t)sizeof *code) return EIO;
    if (len == (ssize_t)sizeof code) return E2BIG;
    filter->code = th_alloc((size_t)len);
    if (!filter->code) return ENOMEM;
    memcpy(filter->code, code, (size_t)len);
    filter->n = (uint16_t)((size_t)len / sizeof *code);
    return 0;
}

/* The program of a context. libseccomp 2.5 writes it to a descriptor and knows no other way. A
 * socket takes it whole; memory that is a file would be subject to ulimit -f. */
static int export_code(scmp_filter_ctx ctx, struct th_filter *filter)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) return errno;
    int failed = -seccomp_export_bpf(ctx, pair[1]);
    close(pair[1]);
    if (!failed) failed = read_code(pair[0], filter);
    close(pair[0]);
    return failed;
}

static int find_patches(struct th_filter *filter)
{
    filter->n_patches = 0;
    for (uint16_t i = 0; i < filter->n; i++) {
        if (filter->code[i].k != PID_MARK) continue;
        if (filter->n_patches == TH_FILTER_MAX_PATCHES) return E2BIG;
        filter->patches[filter->n_patches++] = i;
    }
    return filter->n_patches ? 0 : EINVAL;
}

int th_filter_build(struct th_filter *filter, bool with_files)
{
    *filter = (struct th_filter){0};
    struct build b = {.ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM))};
    if (!b.ctx) return ENOMEM;
    b.failed = -seccomp_attr_set(b.ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    /* A binary tree of numbers instead of a list of a hundred comparisons. */
    if (!b.failed) b.failed = -seccomp_attr_set(b.ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    allow_all(&b, plain, sizeof plain / sizeof *plain);
    add_files(&b, with_files);
    add_memory(&b, with_files);
    add_messages(&b);
    add_locks(&b);
    add_threads(&b);
    add_abort(&b);
    if (!b.failed) b.failed = export_code(b.ctx, filter);
    if (!b.failed) b.failed = find_patches(filter);
    seccomp_release(b.ctx);
    if (b.failed) th_filter_finish(filter);
    return b.failed;
}

void th_filter_finish(struct th_filter *filter)
{
    free(filter->code);
    *filter = (struct th_filter){0};
}

int th_filter_install(const struct th_filter *filter, pid_t pid)
{
    struct sock_filter code[TH_FILTER_MAX];
    const struct sock_fprog program = {.len = filter->n, .filter = code};
    memcpy(code, filter->code, filter->n * sizeof *code);
    for (uint16_t i = 0; i < filter->n_patches; i++)
        code[filter->patches[i]].k = (uint32_t)pid;
    /* Before Linux 5.16 a filter switched speculation off by default, which costs decoders a tenth
     * and more of their speed and guards secrets that a worker does not have. */
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, &program) ==
        0)
        return 0;
    if (errno == EINVAL && syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0)
        return 0;
    return errno;
}
