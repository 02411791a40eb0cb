/* SPDX-License-Identifier: MIT */
/*
 * Each refusal of the sandbox, proven by a child that has entered it and tries; and that what
 * decoders need works.
 *
 * Every attempt is first made by a child outside the sandbox, where it must succeed, so that a
 * refusal below is the sandbox's doing. (Some need rights that a container or plain user may lack
 * outside as well; those are marked.)
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/sandbox.h"
#include "sandbox/sandbox_internal.h"

#ifndef FUTEX_LOCK_PI2
#define FUTEX_LOCK_PI2 13
#endif
#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449
#endif
#ifndef SYS_openat2
#define SYS_openat2 437
#endif

enum { NOBODY = 65534, TIME = 60 };

/* What attempts are made on; open to all, so that permissions refuse nothing. */
struct scene {
    char folder[PATH_MAX], file[PATH_MAX], readable[PATH_MAX], spare[PATH_MAX];
    int memory;   /* a memfd of 4096 bytes, read-only descriptor */
    int writable; /* the same, to be written */
    int sock; /* connected, SOCK_SEQPACKET; its other end holds one message with one descriptor */
    int unbound;  /* a socket that is not connected */
    int other;    /* that other end */
    pid_t parent; /* of whoever tries */
};

static void write_file(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    cr_assert(fd >= 0);
    cr_assert_eq(write(fd, "secret", 6), 6);
    cr_assert_eq(fchmod(fd, 0666), 0);
    close(fd);
}

static void send_fd(int sock, int fd)
{
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control = {0};
    char byte = 1;
    struct iovec part = {.iov_base = &byte, .iov_len = 1};
    struct msghdr header = {.msg_iov = &part,
                            .msg_iovlen = 1,
                            .msg_control = control.bytes,
                            .msg_controllen = sizeof control.bytes};
    struct cmsghdr *c = CMSG_FIRSTHDR(&header);
    *c = (struct cmsghdr){
        .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int))};
    memcpy(CMSG_DATA(c), &fd, sizeof fd);
    cr_assert_eq(sendmsg(sock, &header, 0), 1);
}

static void scene_init(struct scene *s)
{
    char name[] = "/tmp/thumbs-sandbox-XXXXXX", link[64];
    int pair[2];
    cr_assert_not_null(mkdtemp(name));
    cr_assert_eq(chmod(name, 0777), 0);
    snprintf(s->folder, sizeof s->folder, "%s", name);
    snprintf(s->file, sizeof s->file, "%s/private", name);
    snprintf(s->readable, sizeof s->readable, "%s/readable", name);
    snprintf(s->spare, sizeof s->spare, "%s/spare", name);
    write_file(s->spare);
    write_file(s->file);
    write_file(s->readable);
    s->writable = memfd_create("test", MFD_CLOEXEC);
    cr_assert(s->writable >= 0);
    cr_assert_eq(ftruncate(s->writable, 4096), 0);
    cr_assert_eq(fchmod(s->writable, 0666), 0);
    snprintf(link, sizeof link, "/proc/self/fd/%d", s->writable);
    s->memory = open(link, O_RDONLY | O_CLOEXEC);
    cr_assert(s->memory >= 0);
    cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
    s->sock = pair[0];
    s->other = pair[1];
    s->unbound = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert(s->unbound >= 0);
}

static void scene_finish(struct scene *s)
{
    unlink(s->file);
    unlink(s->readable);
    unlink(s->spare);
    rmdir(s->folder);
    close(s->memory);
    close(s->writable);
    close(s->sock);
    close(s->other);
    close(s->unbound);
}

/* ---- attempts: 0 or an errno value ---- */

static int result(long value)
{
    return value < 0 ? errno : 0;
}

static int open_path(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC, 0600);
    if (fd >= 0) close(fd);
    return fd >= 0 ? 0 : errno;
}

static const char *below(const struct scene *s, const char *name)
{
    static char path[PATH_MAX + 16];
    snprintf(path, sizeof path, "%s/%s", s->folder, name);
    return path;
}

static const char *proc_fd(int fd)
{
    static char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return path;
}

static int ended_well(pid_t pid)
{
    if (pid < 0) return errno;
    int status;
    if (waitpid(pid, &status, 0) < 0) return errno;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : ECHILD;
}

static int read_private(const struct scene *s)
{
    return open_path(s->file, O_RDONLY);
}

static int write_private(const struct scene *s)
{
    return open_path(s->file, O_WRONLY);
}

static int read_write_private(const struct scene *s)
{
    return open_path(s->file, O_RDWR);
}

static int truncate_by_open(const struct scene *s)
{
    return open_path(s->readable, O_RDONLY | O_TRUNC);
}

static int create_file(const struct scene *s)
{
    int failed = open_path(below(s, "new"), O_RDONLY | O_CREAT);
    if (!failed) unlink(below(s, "new"));
    return failed;
}

static int create_nameless(const struct scene *s)
{
    return open_path(s->folder, O_TMPFILE | O_RDWR);
}

static int open_handle(const struct scene *s)
{
    return open_path(s->file, O_PATH);
}

static int open_by_openat2(const struct scene *s)
{
    const uint64_t how[3] = {O_RDONLY | O_CLOEXEC};
    return result(syscall(SYS_openat2, AT_FDCWD, s->readable, how, sizeof how));
}

static int list_folder(const struct scene *s)
{
    return open_path(s->folder, O_RDONLY | O_DIRECTORY);
}

static int list_root(const struct scene *s)
{
    (void)s;
    return open_path("/", O_RDONLY | O_DIRECTORY);
}

static int read_passwords(const struct scene *s)
{
    (void)s;
    return open_path("/etc/passwd", O_RDONLY);
}

static int read_processes(const struct scene *s)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/cmdline", (int)s->parent);
    return open_path(path, O_RDONLY);
}

static int reopen_memory(const struct scene *s)
{
    return open_path(proc_fd(s->memory), O_RDWR);
}

static int truncate_path(const struct scene *s)
{
    return result(truncate(s->readable, 6));
}

static int rename_file(const struct scene *s)
{
    int failed = result(rename(s->file, below(s, "renamed")));
    if (!failed) rename(below(s, "renamed"), s->file);
    return failed;
}

static int remove_file(const struct scene *s)
{
    return result(unlink(s->spare));
}

static int make_folder(const struct scene *s)
{
    int failed = result(mkdir(below(s, "d"), 0700));
    if (!failed) rmdir(below(s, "d"));
    return failed;
}

static int make_link(const struct scene *s)
{
    int failed = result(symlink("/", below(s, "l")));
    if (!failed) unlink(below(s, "l"));
    return failed;
}

static int change_mode(const struct scene *s)
{
    return geteuid() == NOBODY ? EPERM : result(chmod(s->readable, 0666));
}

static int change_folder(const struct scene *s)
{
    return result(chdir(s->folder));
}

static int make_socket_inet(const struct scene *s)
{
    (void)s;
    return result(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
}

static int make_socket_unix(const struct scene *s)
{
    (void)s;
    return result(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

static int make_pair(const struct scene *s)
{
    int pair[2];
    (void)s;
    return result(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
}

/* Refused by whoever is not there, outside. */
static int connect_socket(const struct scene *s)
{
    const struct sockaddr_un nobody = {.sun_family = AF_UNIX, .sun_path = "\0thumbs-test-nobody"};
    int failed = result(connect(s->unbound, (const struct sockaddr *)&nobody, sizeof nobody));
    return failed == ECONNREFUSED ? 0 : failed;
}

static int bind_socket(const struct scene *s)
{
    const struct sockaddr_un name = {.sun_family = AF_UNIX};
    return result(bind(s->unbound, (const struct sockaddr *)&name, sizeof(sa_family_t)));
}

static int make_memory(const struct scene *s)
{
    (void)s;
    return result(memfd_create("x", 0));
}

static int make_process(const struct scene *s)
{
    (void)s;
    pid_t pid = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (pid == 0) _exit(0);
    return ended_well(pid);
}

static int make_process_fork(const struct scene *s)
{
    (void)s;
    pid_t pid = fork();
    if (pid == 0) _exit(0);
    return ended_well(pid);
}

static int make_process_clone3(const struct scene *s)
{
    (void)s;
    struct clone_args args = {.exit_signal = SIGCHLD};
    pid_t pid = (pid_t)syscall(SYS_clone3, &args, sizeof args);
    if (pid == 0) _exit(0);
    return ended_well(pid);
}

/* Returns only where it fails. */
static int run_program(const struct scene *s)
{
    (void)s;
    char *argv[] = {(char *)"true", NULL};
    execv("/bin/true", argv);
    return errno;
}

static int signal_parent(const struct scene *s)
{
    return result(kill(s->parent, 0));
}

static int signal_parent_thread(const struct scene *s)
{
    return result(syscall(SYS_tgkill, s->parent, s->parent, 0));
}

static int signal_group(const struct scene *s)
{
    (void)s;
    return result(kill(0, 0));
}

static int signal_by_pidfd(const struct scene *s)
{
    return result(syscall(SYS_pidfd_open, s->parent, 0));
}

static int be_traced(const struct scene *s)
{
    (void)s;
    return result(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
}

static int trace_parent(const struct scene *s)
{
    return result(ptrace(PTRACE_SEIZE, s->parent, NULL, NULL));
}

static int read_parent(const struct scene *s)
{
    static char buffer[6];
    struct iovec to = {buffer, sizeof buffer}, from = {(void *)s->file, sizeof buffer};
    return result(process_vm_readv(s->parent, &to, 1, &from, 1, 0));
}

static int make_session(const struct scene *s)
{
    (void)s;
    return result(setsid());
}

static int change_limit(const struct scene *s)
{
    (void)s;
    struct rlimit limit;
    if (getrlimit(RLIMIT_STACK, &limit) != 0) return ENOTRECOVERABLE; /* asking is allowed */
    return result(setrlimit(RLIMIT_STACK, &limit));
}

static int outlive_parent(const struct scene *s)
{
    (void)s;
    return result(prctl(PR_SET_PDEATHSIG, 0));
}

static int become_dumpable(const struct scene *s)
{
    (void)s;
    return result(prctl(PR_SET_DUMPABLE, 1));
}

static int map_writable_code(const struct scene *s)
{
    (void)s;
    void *p =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return p == MAP_FAILED ? errno : 0;
}

static int map_empty_code(const struct scene *s)
{
    (void)s;
    void *p = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return p == MAP_FAILED ? errno : 0;
}

static int map_shared_code(const struct scene *s)
{
    void *p = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_SHARED, s->memory, 0);
    return p == MAP_FAILED ? errno : 0;
}

static int turn_into_code(const struct scene *s)
{
    (void)s;
    void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return p == MAP_FAILED ? ENOTRECOVERABLE : result(mprotect(p, 4096, PROT_READ | PROT_EXEC));
}

static int map_nothing(int flags)
{
    void *p = mmap(NULL, 2 << 20, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | flags, -1, 0);
    return p == MAP_FAILED ? errno : 0;
}

static int map_shared_nothing(const struct scene *s)
{
    (void)s;
    return map_nothing(MAP_SHARED);
}

static int map_shared_read_only(const struct scene *s)
{
    (void)s;
    void *p = mmap(NULL, 4096, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return p == MAP_FAILED ? errno : 0;
}

static int map_downwards(const struct scene *s)
{
    (void)s;
    return map_nothing(MAP_PRIVATE | MAP_GROWSDOWN);
}

static int map_huge(const struct scene *s)
{
    (void)s;
    return map_nothing(MAP_PRIVATE | MAP_HUGETLB);
}

static int map_locked(const struct scene *s)
{
    (void)s;
    void *p =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0);
    return p == MAP_FAILED ? errno : 0;
}

/* A kind of mapping that programs of this age do not know. */
static int map_validated(const struct scene *s)
{
    void *p = mmap(NULL, 4096, PROT_READ, MAP_SHARED_VALIDATE, s->memory, 0);
    return p == MAP_FAILED ? errno : 0;
}

/* One that nobody holds. */
static int lock_with_inheritance(const struct scene *s)
{
    (void)s;
    uint32_t word = 0;
    return result(syscall(SYS_futex, &word, FUTEX_LOCK_PI_PRIVATE, 0, NULL));
}

static int lock_with_inheritance_2(const struct scene *s)
{
    (void)s;
    uint32_t word = 0;
    return result(syscall(SYS_futex, &word, FUTEX_LOCK_PI2 | FUTEX_PRIVATE_FLAG, 0, NULL));
}

static int try_lock_with_inheritance(const struct scene *s)
{
    (void)s;
    uint32_t word = 0;
    return result(syscall(SYS_futex, &word, FUTEX_TRYLOCK_PI, 0, NULL));
}

static int requeue_nobody(const struct scene *s)
{
    (void)s;
    uint32_t from = 0, to = 0;
    return result(syscall(SYS_futex, &from, FUTEX_CMP_REQUEUE_PRIVATE, 1, 1, &to, 0));
}

static int requeue_nobody_with_inheritance(const struct scene *s)
{
    (void)s;
    uint32_t from = 0, to = 0;
    return result(syscall(SYS_futex, &from, FUTEX_CMP_REQUEUE_PI_PRIVATE, 1, 1, &to, 0));
}

/* Waits for a word that has changed already. */
static int wait_to_be_requeued(const struct scene *s)
{
    (void)s;
    uint32_t from = 1, to = 0;
    int failed = result(syscall(SYS_futex, &from, FUTEX_WAIT_REQUEUE_PI_PRIVATE, 0, NULL, &to, 0));
    return failed == EAGAIN ? 0 : failed;
}

static int wait_for_many(const struct scene *s)
{
    (void)s;
    uint32_t word = 1;
    const struct {
        uint64_t value, address;
        uint32_t flags, reserved;
    } waiter = {.address = (uintptr_t)&word, .flags = 2 /* FUTEX_32 */};
    int failed = result(syscall(SYS_futex_waitv, &waiter, 1, 0, NULL, CLOCK_MONOTONIC));
    return failed == EAGAIN ? 0 : failed;
}

static int send_with(const struct scene *s, int flags)
{
    char byte = 0;
    struct iovec part = {.iov_base = &byte, .iov_len = 1};
    const struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
    return result(sendmsg(s->sock, &header, flags));
}

static int send_more(const struct scene *s)
{
    return send_with(s, MSG_MORE);
}

/* No socket of this kind has any, so it is refused outside with another reason. */
static int send_urgently(const struct scene *s)
{
    int failed = send_with(s, MSG_OOB);
    return failed == EOPNOTSUPP ? 0 : failed;
}

static int receive_urgently(const struct scene *s)
{
    char byte;
    struct iovec part = {.iov_base = &byte, .iov_len = 1};
    struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
    int failed = result(recvmsg(s->sock, &header, MSG_OOB));
    return failed == EOPNOTSUPP ? 0 : failed;
}

/* Names that are there; the flag makes an empty one stand for the descriptor, and changes nothing
 * for others. */
static int look_up(const struct scene *s)
{
    struct stat st;
    return result(syscall(SYS_newfstatat, AT_FDCWD, s->file, &st, AT_EMPTY_PATH));
}

static int look_up_from_descriptor(const struct scene *s)
{
    struct stat st;
    return result(syscall(SYS_newfstatat, s->memory, s->file, &st, AT_EMPTY_PATH));
}

static int look_up_by_statx(const struct scene *s)
{
    struct statx st;
    return result(statx(s->memory, s->file, AT_EMPTY_PATH, STATX_SIZE, &st));
}

static int look_up_access(const struct scene *s)
{
    return result(access(s->file, F_OK));
}

static int look_up_link(const struct scene *s)
{
    (void)s;
    char target[16];
    return result(readlink("/proc/self", target, sizeof target));
}

static int control_device(const struct scene *s)
{
    int n;
    return result(ioctl(s->sock, FIONREAD, &n));
}

static int seal_memory(const struct scene *s)
{
    return result(fcntl(s->memory, F_GET_SEALS));
}

static int own_signals(const struct scene *s)
{
    return result(fcntl(s->sock, F_SETOWN, s->parent));
}

static int change_personality(const struct scene *s)
{
    (void)s;
    return result(personality(PER_LINUX));
}

static int share_memory(const struct scene *s)
{
    (void)s;
    int id = shmget(IPC_PRIVATE, 4096, 0600);
    if (id < 0) return errno;
    shmctl(id, IPC_RMID, NULL);
    return 0;
}

static int watch_files(const struct scene *s)
{
    (void)s;
    return result(inotify_init1(IN_CLOEXEC));
}

static int change_user(const struct scene *s)
{
    (void)s;
    return result(setresuid((uid_t)-1, (uid_t)-1, (uid_t)-1));
}

static int raise_priority(const struct scene *s)
{
    (void)s;
    return result(setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0)));
}

static int leave_namespaces(const struct scene *s)
{
    (void)s;
    return result(unshare(CLONE_NEWUSER));
}

static int make_ring(const struct scene *s)
{
    (void)s;
    return result(syscall(SYS_io_uring_setup, 1, (char[256]){0}));
}

static int load_bpf(const struct scene *s)
{
    (void)s;
    const uint32_t array[32] = {2 /* BPF_MAP_TYPE_ARRAY */, 4, 4, 1};
    return result(syscall(SYS_bpf, 0, array, sizeof array));
}

static int handle_faults(const struct scene *s)
{
    (void)s;
    return result(syscall(SYS_userfaultfd, 1 /* UFFD_USER_MODE_ONLY */));
}

static int use_keys(const struct scene *s)
{
    (void)s;
    return result(syscall(SYS_keyctl, 0, -3, 1)); /* the id of the session's keyring */
}

enum {
    MAY_FAIL_OUTSIDE = 1, /* a container or plain user may not do it anyway */
    BY_LANDLOCK = 2,      /* Landlock alone refuses it, too */
    NEEDS_ABI_3 = 4,      /* ... from this version on */
    NEEDS_ABI_6 = 8,
    NOT_SANITIZED = 16, /* allowed to the runtimes of sanitizers */
};

static const struct attempt {
    const char *name;
    int (*run)(const struct scene *scene);
    int expected;      /* with all layers */
    int without_files; /* where Landlock does not hold; 0: the same */
    unsigned flags;
} attempts[] = {
    {"read a file", read_private, EACCES, 0, BY_LANDLOCK},
    {"read /etc/passwd", read_passwords, EACCES, 0, BY_LANDLOCK},
    {"list a folder", list_folder, EACCES, 0, BY_LANDLOCK},
    {"list /", list_root, EACCES, 0, BY_LANDLOCK},
    {"look at other processes", read_processes, EACCES, 0, BY_LANDLOCK | NOT_SANITIZED},
    {"open for writing", write_private, EPERM, EACCES, BY_LANDLOCK},
    {"open for reading and writing", read_write_private, EPERM, EACCES, BY_LANDLOCK},
    {"truncate while opening", truncate_by_open, EPERM, EACCES, BY_LANDLOCK | NEEDS_ABI_3},
    {"create a file", create_file, EPERM, EACCES, BY_LANDLOCK},
    {"create a file without a name", create_nameless, EPERM, EACCES,
     BY_LANDLOCK | MAY_FAIL_OUTSIDE},
    {"open a handle", open_handle, EPERM, EACCES, 0},
    {"open by openat2()", open_by_openat2, ENOSYS, 0, 0},
    {"open its read-only memory for writing", reopen_memory, EPERM, EACCES, 0},
    {"truncate by name", truncate_path, EPERM, 0, BY_LANDLOCK | NEEDS_ABI_3},
    {"rename a file", rename_file, EPERM, 0, BY_LANDLOCK},
    {"remove a file", remove_file, EPERM, 0, BY_LANDLOCK},
    {"make a folder", make_folder, EPERM, 0, BY_LANDLOCK},
    {"make a link", make_link, EPERM, 0, BY_LANDLOCK},
    {"change a mode", change_mode, EPERM, 0, MAY_FAIL_OUTSIDE},
    {"change its folder", change_folder, EPERM, 0, 0},
    {"make an internet socket", make_socket_inet, EPERM, 0, 0},
    {"make a local socket", make_socket_unix, EPERM, 0, 0},
    {"make a pair of sockets", make_pair, EPERM, 0, 0},
    {"connect", connect_socket, EPERM, 0, 0},
    {"bind", bind_socket, EPERM, 0, 0},
    {"make memory that is a file", make_memory, EPERM, 0, 0},
    {"start a process", make_process, EPERM, 0, 0},
    {"fork", make_process_fork, EPERM, 0, 0},
    {"start a process by clone3()", make_process_clone3, ENOSYS, 0, 0},
    {"run a program", run_program, EPERM, 0, 0},
    {"signal its parent", signal_parent, EPERM, 0, BY_LANDLOCK | NEEDS_ABI_6},
    {"signal a thread of its parent", signal_parent_thread, EPERM, 0, BY_LANDLOCK | NEEDS_ABI_6},
    {"signal its group", signal_group, EPERM, 0, 0},
    {"get hold of its parent", signal_by_pidfd, EPERM, 0, 0},
    {"be traced", be_traced, EPERM, 0, 0},
    {"trace its parent", trace_parent, EPERM, 0, BY_LANDLOCK | MAY_FAIL_OUTSIDE},
    {"read its parent's memory", read_parent, EPERM, 0, BY_LANDLOCK | MAY_FAIL_OUTSIDE},
    {"make a session", make_session, EPERM, 0, 0},
    {"change a limit", change_limit, EPERM, 0, 0},
    {"outlive its parent", outlive_parent, EPERM, 0, 0},
    {"become dumpable", become_dumpable, EPERM, 0, 0},
    {"map memory to write and run", map_writable_code, EPERM, 0, 0},
    {"map empty memory to run", map_empty_code, EPERM, 0, 0},
    {"map shared memory to run", map_shared_code, EPERM, 0, 0},
    {"turn data into code", turn_into_code, EPERM, 0, 0},
    {"share empty memory", map_shared_nothing, EPERM, 0, 0},
    {"share empty memory to read", map_shared_read_only, EPERM, 0, 0},
    {"map memory that grows downwards", map_downwards, EPERM, 0, 0},
    {"map huge pages", map_huge, EPERM, 0, MAY_FAIL_OUTSIDE},
    {"lock memory", map_locked, EPERM, 0, MAY_FAIL_OUTSIDE},
    {"map in another way", map_validated, EPERM, 0, 0},
    {"lock with inheritance", lock_with_inheritance, EPERM, 0, 0},
    {"lock with inheritance by the newer call", lock_with_inheritance_2, EPERM, 0,
     MAY_FAIL_OUTSIDE},
    {"try to lock with inheritance", try_lock_with_inheritance, EPERM, 0, 0},
    {"requeue who waits", requeue_nobody, EPERM, 0, 0},
    {"requeue with inheritance", requeue_nobody_with_inheritance, EPERM, 0, 0},
    {"wait to be requeued", wait_to_be_requeued, EPERM, 0, 0},
    {"wait for many words", wait_for_many, EPERM, 0, MAY_FAIL_OUTSIDE},
    {"send and hold back", send_more, EPERM, 0, 0},
    {"send urgently", send_urgently, EPERM, 0, 0},
    {"receive urgently", receive_urgently, EPERM, 0, 0},
    {"look up a name", look_up, 0, EPERM, 0},
    {"look up a name from a descriptor", look_up_from_descriptor, 0, EPERM, 0},
    {"look up a name by statx()", look_up_by_statx, 0, EPERM, 0},
    {"look up what may be done", look_up_access, 0, EPERM, 0},
    {"look up a link", look_up_link, 0, EPERM, 0},
    {"control a device", control_device, ENOTTY, 0, 0},
    {"ask for seals", seal_memory, EPERM, 0, 0},
    {"send itself as a signal", own_signals, EPERM, 0, 0},
    {"change its personality", change_personality, EPERM, 0, MAY_FAIL_OUTSIDE},
    {"share memory", share_memory, EPERM, 0, 0},
    {"watch files", watch_files, EPERM, 0, MAY_FAIL_OUTSIDE},
    {"change its user", change_user, EPERM, 0, 0},
    {"change its priority", raise_priority, EPERM, 0, 0},
    {"make a namespace", leave_namespaces, EPERM, 0, MAY_FAIL_OUTSIDE},
    {"make an io_uring", make_ring, EPERM, 0, MAY_FAIL_OUTSIDE},
    {"make a BPF map", load_bpf, EPERM, 0, MAY_FAIL_OUTSIDE},
    {"handle page faults", handle_faults, EPERM, 0, MAY_FAIL_OUTSIDE},
    {"use keys", use_keys, EPERM, 0, MAY_FAIL_OUTSIDE},
};
enum { N_ATTEMPTS = sizeof attempts / sizeof *attempts };

/* ---- who tries, and where ---- */

/* NULL: outside. */
static struct th_sandbox *prepare(uint32_t without, const char *const *read_paths)
{
    const struct th_sandbox_options options = {.without = without, .read_paths = read_paths};
    struct th_sandbox *sandbox = NULL;
    struct thumbs_error err = {0};
    cr_assert_eq(th_sandbox_prepare(&options, &sandbox, &err), THUMBS_OK, "%s", err.message);
    return sandbox;
}

static bool holds(const struct th_sandbox_state *state, enum th_sandbox_layer layer)
{
    return state->held & TH_SANDBOX_BIT(layer);
}

/* Call from a child only: a failed assertion here would speak for the parent. */
static void enter(const struct th_sandbox *sandbox, uid_t uid,
                  const struct th_sandbox_limits *limits, struct th_sandbox_state *state)
{
    static const struct th_sandbox_limits none;
    *state = (struct th_sandbox_state){0};
    if (uid != geteuid() && setresuid(uid, uid, uid) != 0) _exit(90);
    if (sandbox) th_sandbox_enter(sandbox, limits ? limits : &none, state);
}

/* The status of a child that runs `task` inside. */
static int run_inside(const struct th_sandbox *sandbox, const struct th_sandbox_limits *limits,
                      int (*task)(const struct scene *), const struct scene *scene)
{
    int status;
    pid_t parent = getpid(), pid = fork();
    cr_assert(pid >= 0);
    if (pid == 0) {
        struct th_sandbox_state state;
        struct scene mine = *scene;
        mine.parent = parent;
        enter(sandbox, geteuid(), limits, &state);
        _exit(task(&mine));
    }
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    return status;
}

/* One attempt by a child of its own: an errno value, 0 if it succeeded. */
static int try_it(const struct attempt *attempt, const struct th_sandbox *sandbox, uid_t uid,
                  const struct scene *scene, struct th_sandbox_state *state)
{
    int pipe_fds[2], status;
    cr_assert_eq(pipe2(pipe_fds, O_CLOEXEC), 0);
    pid_t parent = getpid(), pid = fork();
    cr_assert(pid >= 0);
    if (pid == 0) {
        struct scene mine = *scene;
        mine.parent = parent;
        enter(sandbox, uid, NULL, state);
        if (write(pipe_fds[1], state, sizeof *state) != sizeof *state) _exit(91);
        _exit(attempt->run(&mine));
    }
    close(pipe_fds[1]);
    cr_assert_eq(read(pipe_fds[0], state, sizeof *state), (ssize_t)sizeof *state);
    close(pipe_fds[0]);
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    cr_assert(WIFEXITED(status), "%s: ended by signal %d", attempt->name, WTERMSIG(status));
    return WEXITSTATUS(status);
}

/* Skip, by name, what cannot be tried on this kernel. */
static struct th_sandbox_state what_holds(void)
{
    struct scene scene = {0};
    struct th_sandbox_state state;
    const struct attempt nothing = {.name = "nothing", .run = make_session};
    struct th_sandbox *sandbox = prepare(0, NULL);
    try_it(&nothing, sandbox, geteuid(), &scene, &state);
    th_sandbox_destroy(sandbox);
    return state;
}

#define NEED(layer)                                                                                \
    do {                                                                                           \
        const struct th_sandbox_state state_ = what_holds();                                       \
        if (!holds(&state_, layer)) cr_skip_test(#layer " is not to be had here");                 \
    } while (0)

/* ---- refusals ---- */

Test(sandbox, attempts_succeed_outside, .timeout = TIME)
{
    struct scene scene;
    struct th_sandbox_state state;
    scene_init(&scene);
    for (int i = 0; i < N_ATTEMPTS; i++) {
        if (attempts[i].flags & MAY_FAIL_OUTSIDE) continue;
        int got = try_it(&attempts[i], NULL, geteuid(), &scene, &state);
        if (got == ENOSYS)
            cr_log_info("%s: this kernel has no such call", attempts[i].name);
        else
            cr_expect_eq(got, 0, "%s: %s", attempts[i].name, strerror(got));
    }
    scene_finish(&scene);
}

static void refuses(uint32_t without, uid_t uid)
{
    struct scene scene;
    struct th_sandbox_state state;
    scene_init(&scene);
    struct th_sandbox *sandbox = prepare(without, NULL);
    for (int i = 0; i < N_ATTEMPTS; i++) {
        const struct attempt *a = &attempts[i];
        int got = try_it(a, sandbox, uid, &scene, &state);
        if ((a->flags & NOT_SANITIZED) && TH_SANDBOX_SANITIZED) continue;
        bool files = holds(&state, TH_SANDBOX_LANDLOCK);
        int expected = !files && a->without_files ? a->without_files : a->expected;
        cr_expect(holds(&state, TH_SANDBOX_SECCOMP));
        cr_expect_eq(got, expected, "%s: %s, not %s", a->name, strerror(got), strerror(expected));
    }
    th_sandbox_destroy(sandbox);
    scene_finish(&scene);
}

Test(sandbox, refuses_all_attempts, .timeout = TIME)
{
    NEED(TH_SANDBOX_SECCOMP);
    refuses(0, geteuid());
}

Test(sandbox, refuses_a_plain_user_too, .timeout = TIME)
{
    if (geteuid() != 0) cr_skip_test("not root: the other test is this one");
    NEED(TH_SANDBOX_SECCOMP);
    refuses(0, NOBODY);
}

Test(sandbox, opens_nothing_at_all_without_landlock, .timeout = TIME)
{
    NEED(TH_SANDBOX_SECCOMP);
    refuses(TH_SANDBOX_BIT(TH_SANDBOX_LANDLOCK), geteuid());
}

/* The second line of defence holds by itself. */
Test(sandbox, landlock_alone_refuses_files_and_processes, .timeout = TIME)
{
    struct scene scene;
    struct th_sandbox_state state;
    NEED(TH_SANDBOX_LANDLOCK);
    scene_init(&scene);
    struct th_sandbox *sandbox = prepare(TH_SANDBOX_BIT(TH_SANDBOX_SECCOMP), NULL);
    for (int i = 0; i < N_ATTEMPTS; i++) {
        const struct attempt *a = &attempts[i];
        if (!(a->flags & BY_LANDLOCK) || ((a->flags & NOT_SANITIZED) && TH_SANDBOX_SANITIZED))
            continue;
        int got = try_it(a, sandbox, geteuid(), &scene, &state);
        if ((a->flags & NEEDS_ABI_3) && state.landlock_abi < 3) continue;
        if ((a->flags & NEEDS_ABI_6) && state.landlock_abi < 6) continue;
        cr_expect(holds(&state, TH_SANDBOX_LANDLOCK) && !holds(&state, TH_SANDBOX_SECCOMP));
        cr_expect(got == EACCES || got == EPERM, "%s: %s", a->name, strerror(got));
    }
    th_sandbox_destroy(sandbox);
    scene_finish(&scene);
}

/* Programs for 32-bit x86 have other numbers of system calls; that door is shut by the end of the
 * process. */
#if defined(__x86_64__)
static int call_as_32_bit(const struct scene *scene)
{
    (void)scene;
    long got;
    __asm__ volatile("int $0x80"
                     : "=a"(got)
                     : "a"(20L /* getpid */)
                     : "memory", "r8", "r9", "r10", "r11");
    return got > 0 ? 0 : 1;
}

static int call_as_x32(const struct scene *scene)
{
    (void)scene;
    return result(syscall(0x40000000 + SYS_getpid));
}

/* Does the machine serve such a call at all? Outside the sandbox, in a child, since kernels without
 * 32-bit programs and some hypervisors end the process for it. */
static bool is_served(int (*call)(const struct scene *scene))
{
    int status;
    const struct scene scene = {0};
    pid_t pid = fork();
    cr_assert(pid >= 0);
    if (pid == 0) _exit(call(&scene));
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

Test(sandbox, ends_calls_of_another_architecture, .timeout = TIME)
{
    struct scene scene = {0};
    NEED(TH_SANDBOX_SECCOMP);
    if (!is_served(call_as_32_bit)) cr_skip_test("int 0x80 is not served here");
    struct th_sandbox *sandbox = prepare(0, NULL);
    int status = run_inside(sandbox, NULL, call_as_32_bit, &scene);
    cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS, "int 0x80: status %d", status);
    th_sandbox_destroy(sandbox);
}

/* Whether the kernel knows them or not: they never succeed. */
Test(sandbox, refuses_calls_of_x32, .timeout = TIME)
{
    struct scene scene = {0};
    NEED(TH_SANDBOX_SECCOMP);
    struct th_sandbox *sandbox = prepare(0, NULL);
    int status = run_inside(sandbox, NULL, call_as_x32, &scene);
    cr_expect(WIFSIGNALED(status) || WEXITSTATUS(status) == EPERM || WEXITSTATUS(status) == ENOSYS,
              "x32: status %d", status);
    th_sandbox_destroy(sandbox);
}
#endif

/* ---- what must go on working: 0, or the number of the step that failed ---- */

static void *set_flag(void *arg)
{
    prctl(PR_SET_NAME, "flagger");
    *(int *)arg = 1;
    return arg;
}

static int start_threads(const struct scene *scene)
{
    (void)scene;
    pthread_t threads[4];
    int flags[4] = {0};
    for (int i = 0; i < 4; i++) {
        if (pthread_create(&threads[i], NULL, set_flag, &flags[i]) != 0) return 1;
    }
    for (int i = 0; i < 4; i++) {
        if (pthread_join(threads[i], NULL) != 0 || !flags[i]) return 2;
    }
    return 0;
}

static void *wake_up(void *arg)
{
    pthread_mutex_t *lock = ((void **)arg)[0];
    pthread_cond_t *changed = ((void **)arg)[1];
    int *done = ((void **)arg)[2];
    pthread_mutex_lock(lock);
    *done = 1;
    pthread_cond_broadcast(changed);
    pthread_mutex_unlock(lock);
    return NULL;
}

static int wait_for_threads(const struct scene *scene)
{
    (void)scene;
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
    int done = 0;
    void *all[] = {&lock, &changed, &done};
    const struct timespec past = {.tv_sec = 1};
    pthread_t thread;
    pthread_mutex_lock(&lock);
    if (pthread_cond_timedwait(&changed, &lock, &past) != ETIMEDOUT) return 1;
    if (pthread_create(&thread, NULL, wake_up, all) != 0) return 2;
    while (!done) {
        if (pthread_cond_wait(&changed, &lock) != 0) return 3;
    }
    pthread_mutex_unlock(&lock);
    return pthread_join(thread, NULL) == 0 ? 0 : 4;
}

static int use_memory(const struct scene *scene)
{
    (void)scene;
    enum { LEN = 100 << 20 };
    volatile char *p = malloc(LEN);
    if (!p) return 1;
    for (int i = 0; i < LEN; i += 4096)
        p[i] = 1;
    p = realloc((void *)p, LEN / 2);
    if (!p || p[4096] != 1) return 2;
    free((void *)p);
    return 0;
}

/* As the C library does for stacks and arenas, and loaders for modules and pictures. */
static int map_ordinarily(const struct scene *scene)
{
    const int empty = MAP_PRIVATE | MAP_ANONYMOUS;
    char *p = mmap(NULL, 1 << 20, PROT_NONE, empty | MAP_STACK | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED || mprotect(p, 4096, PROT_READ | PROT_WRITE) != 0) return 1;
    *p = 1;
    if (mmap(p, 4096, PROT_READ | PROT_WRITE, empty | MAP_FIXED, -1, 0) != p || *p) return 2;
    if (mmap(NULL, 4096, PROT_READ | PROT_WRITE, empty | MAP_POPULATE, -1, 0) == MAP_FAILED)
        return 3;
    if (mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, scene->memory, 0) == MAP_FAILED)
        return 4;
    if (mmap(NULL, 4096, PROT_READ, MAP_SHARED, scene->memory, 0) == MAP_FAILED) return 5;
    return 0;
}

/* As a sink does. */
static int grow_memory(const struct scene *scene)
{
    char *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, scene->writable, 0);
    if (p == MAP_FAILED) return 1;
    if (ftruncate(scene->writable, 1 << 20) != 0) return 2;
    p = mremap(p, 4096, 1 << 20, MREMAP_MAYMOVE);
    if (p == MAP_FAILED) return 3;
    p[(1 << 20) - 1] = 1;
    if (madvise(p + 4096, (1 << 20) - 4096, MADV_REMOVE) != 0) return 4;
    return p[(1 << 20) - 1] == 0 ? 0 : 5;
}

/* As a worker is handed a file. */
static int receive_descriptor(const struct scene *scene)
{
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control = {0};
    char byte;
    int fd;
    struct stat st;
    struct iovec part = {.iov_base = &byte, .iov_len = 1};
    struct msghdr header = {.msg_iov = &part,
                            .msg_iovlen = 1,
                            .msg_control = control.bytes,
                            .msg_controllen = sizeof control.bytes};
    struct pollfd ready = {.fd = scene->sock, .events = POLLIN};
    if (poll(&ready, 1, 10000) != 1) return 1;
    if (recvmsg(scene->sock, &header, MSG_CMSG_CLOEXEC) != 1) return 2;
    memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&header)), sizeof fd);
    if (syscall(SYS_fstat, fd, &st) != 0 || st.st_size <= 0) return 3;
    if (mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED) return 4;
    if (close(fd) != 0) return 5;
    return send(scene->sock, "", 0, MSG_NOSIGNAL) == -1 && errno != EPERM ? 6 : 0;
}

static int ask_the_time(const struct scene *scene)
{
    (void)scene;
    struct timespec now, pause = {.tv_nsec = 1000};
    char bytes[16];
    struct rlimit limit;
    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0) return 1;
    if (nanosleep(&pause, NULL) != 0) return 2;
    if (getentropy(bytes, sizeof bytes) != 0) return 3;
    if (getrlimit(RLIMIT_DATA, &limit) != 0) return 4;
    if (sysconf(_SC_NPROCESSORS_ONLN) < 1) return 5;
    cpu_set_t cpus;
    if (sched_getaffinity(0, sizeof cpus, &cpus) != 0) return 6;
    int fd = eventfd(0, EFD_CLOEXEC);
    return fd < 0 || close(fd) != 0 ? 7 : 0;
}

Test(sandbox, lets_a_decoder_work, .timeout = TIME)
{
    static const struct {
        const char *name;
        int (*run)(const struct scene *);
    } tasks[] = {
        {"threads", start_threads}, {"locks", wait_for_threads},
        {"memory", use_memory},     {"mappings", map_ordinarily},
        {"sink", grow_memory},      {"descriptor", receive_descriptor},
        {"time", ask_the_time},
    };
    struct scene scene;
    scene_init(&scene);
    for (int i = 0; i < 2; i++) { /* also with the filter that opens nothing */
        struct th_sandbox *sandbox = prepare(i ? TH_SANDBOX_BIT(TH_SANDBOX_LANDLOCK) : 0, NULL);
        for (size_t t = 0; t < sizeof tasks / sizeof *tasks; t++) {
            if (tasks[t].run == receive_descriptor) send_fd(scene.other, scene.writable);
            int status = run_inside(sandbox, NULL, tasks[t].run, &scene);
            cr_expect_eq(status, 0, "%s: status %x", tasks[t].name, (unsigned)status);
        }
        th_sandbox_destroy(sandbox);
    }
    scene_finish(&scene);
}

static int read_allowed(const struct scene *scene)
{
    char text[8] = "";
    void *code;
    int fd = open(scene->readable, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 1;
    if (read(fd, text, 6) != 6 || memcmp(text, "secret", 6) != 0) return 2;
    /* as the loader of a module does */
    code = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
    if (code == MAP_FAILED) return 3;
    if (access(scene->readable, R_OK) != 0) return 4;
    if (open_path(scene->readable, O_WRONLY) != EPERM) return 5;
    if (open_path(scene->file, O_RDONLY) != EACCES) return 6;
    return 0;
}

static int read_fonts(const struct scene *scene)
{
    (void)scene;
    if (open_path("/usr/share/fonts", O_RDONLY | O_DIRECTORY) != 0) return 1;
    return open_path("/usr/share/fonts/absent", O_RDONLY) == ENOENT ? 0 : 2;
}

Test(sandbox, reads_what_it_is_allowed_to, .timeout = TIME)
{
    struct scene scene;
    NEED(TH_SANDBOX_LANDLOCK);
    NEED(TH_SANDBOX_SECCOMP);
    scene_init(&scene);
    const char *const paths[] = {"/absent", scene.readable, NULL};
    struct th_sandbox *sandbox = prepare(0, paths);
    cr_expect_eq(run_inside(sandbox, NULL, read_allowed, &scene), 0);
    if (access("/usr/share/fonts", R_OK) == 0)
        cr_expect_eq(run_inside(sandbox, NULL, read_fonts, &scene), 0);
    th_sandbox_destroy(sandbox);
    scene_finish(&scene);
}

static int raise_abort(const struct scene *scene)
{
    (void)scene;
    raise(SIGABRT);
    return 1;
}

/* Calls by which a process could end itself by SIGKILL, or as if it had been stopped from outside.
 * Returns the number of the first that is not refused. */
static int end_as_if_from_outside(const struct scene *scene)
{
    (void)scene;
    const pid_t pid = getpid();
    const struct rlimit none = {0, 0};
    const struct itimerval soon = {.it_value = {.tv_usec = 1000}};
    static const int signals[] = {SIGKILL, SIGSTOP, SIGTERM, SIGXCPU};
    siginfo_t info = {.si_code = SI_QUEUE};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        if (kill(pid, signals[i]) == 0 || errno != EPERM) return 1;
        if (syscall(SYS_tgkill, pid, pid, signals[i]) == 0 || errno != EPERM) return 2;
        if (syscall(SYS_tkill, pid, signals[i]) == 0 || errno != EPERM) return 3;
        if (syscall(SYS_rt_sigqueueinfo, pid, signals[i], &info) == 0 || errno != EPERM) return 4;
        if (syscall(SYS_rt_tgsigqueueinfo, pid, pid, signals[i], &info) == 0 || errno != EPERM)
            return 5;
    }
    if (kill(pid, SIGABRT | 1 << 30) == 0) return 6;
    if (setrlimit(RLIMIT_CPU, &none) == 0) return 7;
    if (syscall(SYS_prlimit64, 0, RLIMIT_CPU, &none, NULL) == 0) return 8;
    if (setitimer(ITIMER_REAL, &soon, NULL) == 0) return 9;
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0) return 10;
    if (prctl(PR_SET_SECCOMP, 1) == 0) return 11;
    if (fcntl(0, F_SETSIG, SIGKILL) == 0) return 12;
    if (fcntl(0, F_SETOWN, pid) == 0) return 13;
    return 0;
}

static int abort_in_thread_life(const struct scene *scene)
{
    if (start_threads(scene) != 0) return 2;
    abort();
}

/* The report says "crashed" and by which signal: a worker must be able to die of its own. */
Test(sandbox, can_still_abort, .timeout = TIME)
{
    struct scene scene = {0};
    struct th_sandbox *sandbox = prepare(0, NULL);
    int status = run_inside(sandbox, NULL, raise_abort, &scene);
    cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    cr_expect(!WCOREDUMP(status));
    status = run_inside(sandbox, NULL, abort_in_thread_life, &scene);
    cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    th_sandbox_destroy(sandbox);
}

/* SIGKILL means that it was done from outside, and the file is then not to blame. */
Test(sandbox, cannot_pass_its_end_off_as_anothers_doing, .timeout = TIME)
{
    struct scene scene = {0};
    NEED(TH_SANDBOX_SECCOMP);
    struct th_sandbox *sandbox = prepare(0, NULL);
    int status = run_inside(sandbox, NULL, end_as_if_from_outside, &scene);
    cr_expect_eq(status, 0, "status %x", (unsigned)status);
    th_sandbox_destroy(sandbox);
}

/* ---- limits ---- */

static int outgrow_memory(const struct scene *scene)
{
    (void)scene;
    volatile char *p = malloc(16 << 20);
    if (!p) return 1;
    p[5 << 20] = 1;
    void *volatile more = malloc(256 << 20); /* or compilers do without it */
    return more ? 2 : 0;
}

Test(sandbox, limits_memory, .timeout = TIME)
{
    struct scene scene = {0};
    if (TH_SANDBOX_SANITIZED) cr_skip_test("sanitizers reserve more than any limit");
    struct th_sandbox *sandbox = prepare(0, NULL);
    /* What the process has before does not count: as a server with its libraries. */
    volatile char *before = malloc(128 << 20);
    cr_assert(before);
    before[0] = 1;
    const struct th_sandbox_limits limits = {.data_bytes = 64 << 20};
    cr_expect_eq(run_inside(sandbox, &limits, outgrow_memory, &scene), 0);
    free((void *)before);
    th_sandbox_destroy(sandbox);
}

/* So many MiB one by one, written and then made read-only, which RLIMIT_DATA forgets: how many
 * could be had. */
static int fill_and_freeze(int most)
{
    for (int i = 0; i < most; i++) {
        char *p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (p == MAP_FAILED) return i;
        memset(p, 1, 4096);
        if (mprotect(p, 1 << 20, PROT_READ) != 0) return i;
    }
    return most;
}

static int outgrow_space(const struct scene *scene)
{
    (void)scene;
    const int reserved = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    void *p = mmap(NULL, 100 << 20, PROT_READ, reserved, -1, 0);
    if (p == MAP_FAILED) return 1;
    if (munmap(p, 100 << 20) != 0) return 2;
    if (mmap(NULL, UINT64_C(1) << 40, PROT_READ, reserved, -1, 0) != MAP_FAILED || errno != ENOMEM)
        return 3;
    int got = fill_and_freeze(1000);
    return got > 100 && got <= 128 ? 0 : 4;
}

/* What only reads takes page tables, what is made read-only takes memory: neither is private
 * writable memory. */
Test(sandbox, limits_address_space, .timeout = TIME)
{
    struct scene scene = {0};
    if (TH_SANDBOX_SANITIZED) cr_skip_test("sanitizers reserve more than any limit");
    struct th_sandbox *sandbox = prepare(0, NULL);
    /* Does not count, as above. */
    void *before = mmap(NULL, UINT64_C(1) << 38, PROT_READ,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    cr_assert_neq(before, MAP_FAILED);
    const struct th_sandbox_limits limits = {.data_bytes = 64 << 20, .space_bytes = 128 << 20};
    cr_expect_eq(run_inside(sandbox, &limits, outgrow_space, &scene), 0);
    munmap(before, UINT64_C(1) << 38);
    th_sandbox_destroy(sandbox);
}

static int outgrow_what_is_assumed(const struct scene *scene)
{
    (void)scene;
    void *p = malloc(64 << 20);
    if (!p) return 1;
    free(p);
    void *volatile more = malloc(512 << 20);
    if (more) return 2;
    int got = fill_and_freeze(2000);
    return got > 128 && got <= 1024 + 128 ? 0 : 3;
}

/* Blind for /proc, since it can have no descriptor: the limits hold all the same, only wider. */
Test(sandbox, limits_memory_without_proc, .timeout = TIME)
{
    if (TH_SANDBOX_SANITIZED) cr_skip_test("sanitizers reserve more than any limit");
    struct th_sandbox *sandbox = prepare(0, NULL);
    int status;
    pid_t pid = fork();
    cr_assert(pid >= 0);
    if (pid == 0) {
        const struct th_sandbox_limits limits = {.data_bytes = 64 << 20, .space_bytes = 128 << 20};
        const struct rlimit no_files = {0};
        struct th_sandbox_state state;
        if (setrlimit(RLIMIT_NOFILE, &no_files) != 0 ||
            open_path("/proc/self/status", O_RDONLY) != EMFILE)
            _exit(92);
        enter(sandbox, geteuid(), &limits, &state);
        if (!holds(&state, TH_SANDBOX_LIMITS)) _exit(93);
        _exit(outgrow_what_is_assumed(NULL));
    }
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    cr_expect_eq(status, 0, "status %x", (unsigned)status);
    th_sandbox_destroy(sandbox);
}

/* All that can be counted, and more: no overflow into a small limit, nor into none. */
static int look_at_limits(const struct scene *scene)
{
    (void)scene;
    struct rlimit limit;
    if (getrlimit(RLIMIT_DATA, &limit) != 0 || limit.rlim_cur < UINT64_C(1) << 40) return 1;
    if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur < UINT64_C(1) << 40) return 2;
    return 0;
}

Test(sandbox, limits_do_not_overflow, .timeout = TIME)
{
    struct scene scene = {0};
    struct rlimit limit;
    struct th_sandbox *sandbox = prepare(0, NULL);
    if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_max != RLIM_INFINITY)
        cr_skip_test("limited already");
    for (uint64_t less = 0; less < 2; less++) {
        const struct th_sandbox_limits limits = {.data_bytes = UINT64_MAX - less,
                                                 .space_bytes = UINT64_MAX - less};
        cr_expect_eq(run_inside(sandbox, &limits, look_at_limits, &scene), 0);
    }
    th_sandbox_destroy(sandbox);
}

static int outgrow_file(const struct scene *scene)
{
    if (ftruncate(scene->writable, 1 << 20) != 0) return 1;
    if (ftruncate(scene->writable, (1 << 20) + 1) != -1 || errno != EFBIG) return 2;
    return pwrite(scene->writable, "x", 1, 1 << 20) == -1 && errno == EFBIG ? 0 : 3;
}

Test(sandbox, limits_files_without_a_signal, .timeout = TIME)
{
    struct scene scene;
    scene_init(&scene);
    struct th_sandbox *sandbox = prepare(0, NULL);
    const struct th_sandbox_limits limits = {.file_bytes = 1 << 20};
    cr_expect_eq(run_inside(sandbox, &limits, outgrow_file, &scene), 0);
    th_sandbox_destroy(sandbox);
    scene_finish(&scene);
}

static int outgrow_descriptors(const struct scene *scene)
{
    (void)scene;
    int fd, last = -1;
    while ((fd = dup(0)) >= 0 && fd < 1000)
        last = fd;
    return errno == EMFILE && last == 63 ? 0 : 1;
}

Test(sandbox, limits_descriptors, .timeout = TIME)
{
    struct scene scene = {0};
    struct th_sandbox *sandbox = prepare(0, NULL);
    const struct th_sandbox_limits limits = {.n_files = 64};
    cr_expect_eq(run_inside(sandbox, &limits, outgrow_descriptors, &scene), 0);
    th_sandbox_destroy(sandbox);
}

/* ---- what is left of a process: seen without the filter, which would not let it look ---- */

static int look_at_itself(const struct scene *scene)
{
    (void)scene;
    int signal_number = 0;
    struct rlimit limit;
    if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) return 1;
    if (prctl(PR_GET_DUMPABLE) != 0) return 2;
    if (getrlimit(RLIMIT_CORE, &limit) != 0 || limit.rlim_max != 1) return 3;
    if (prctl(PR_GET_PDEATHSIG, &signal_number) != 0 || signal_number != SIGKILL) return 4;
    if (geteuid() == 0 && prctl(PR_CAPBSET_READ, 0) != 0) return 5;
    uint32_t header[2] = {0x20080522, 0}, data[6] = {1, 1, 1, 1, 1, 1};
    if (syscall(SYS_capget, header, data) != 0) return 6;
    for (int i = 0; i < 6; i++) {
        if (data[i]) return 7;
    }
    return 0;
}

Test(sandbox, leaves_no_rights_and_dies_with_its_parent, .timeout = TIME)
{
    struct scene scene = {0};
    struct th_sandbox *sandbox = prepare(TH_SANDBOX_BIT(TH_SANDBOX_SECCOMP), NULL);
    int status;
    pid_t pid = fork();
    cr_assert(pid >= 0);
    if (pid == 0) {
        struct th_sandbox_state state;
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        enter(sandbox, geteuid(), NULL, &state);
        _exit(look_at_itself(&scene));
    }
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    cr_expect_eq(status, 0, "status %x", (unsigned)status);
    th_sandbox_destroy(sandbox);
}

/* Descriptors of Landlock rulesets; 99 if it cannot see what its descriptors are. */
static int count_rulesets(const struct scene *scene)
{
    (void)scene;
    int n = 0;
    for (int fd = 0; fd < 1000; fd++) {
        char target[64] = "";
        if (fcntl(fd, F_GETFD) < 0) continue;
        if (readlink(proc_fd(fd), target, sizeof target - 1) < 0) return 99;
        n += strstr(target, "landlock") != NULL;
    }
    return n;
}

/* Seen without the filter, too. Whoever prepared it goes on having it, for the next worker. */
Test(sandbox, keeps_no_ruleset_open, .timeout = TIME)
{
    struct scene scene = {0};
    NEED(TH_SANDBOX_LANDLOCK);
    struct th_sandbox *sandbox = prepare(TH_SANDBOX_BIT(TH_SANDBOX_SECCOMP), NULL);
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(count_rulesets(&scene), 1);
        cr_expect_eq(run_inside(sandbox, NULL, count_rulesets, &scene), 0);
    }
    th_sandbox_destroy(sandbox);
    cr_expect_eq(count_rulesets(&scene), 0);
}

/* Two workers of one server: each has its own number in its filter. */
Test(sandbox, one_preparation_serves_many, .timeout = TIME)
{
    struct scene scene = {0};
    struct th_sandbox *sandbox = prepare(0, NULL);
    for (int i = 0; i < 3; i++) {
        int status = run_inside(sandbox, NULL, raise_abort, &scene);
        cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    }
    th_sandbox_destroy(sandbox);
    th_sandbox_destroy(NULL);
}

/* ---- what is told ---- */

static struct th_sandbox_state state_without(uint32_t without)
{
    struct th_sandbox_state state;
    struct scene scene = {0};
    const struct attempt nothing = {.name = "nothing", .run = make_session};
    struct th_sandbox *sandbox = prepare(without, NULL);
    try_it(&nothing, sandbox, geteuid(), &scene, &state);
    th_sandbox_destroy(sandbox);
    return state;
}

Test(sandbox, says_what_it_left_out, .timeout = TIME)
{
    for (int i = 0; i < TH_SANDBOX_N_LAYERS; i++) {
        const struct th_sandbox_state state = state_without(TH_SANDBOX_BIT(i));
        cr_expect(!holds(&state, (enum th_sandbox_layer)i));
        cr_expect_eq(state.os_errno[i], ECANCELED);
        cr_expect_eq(state.landlock_abi == 0, !holds(&state, TH_SANDBOX_LANDLOCK));
    }
}

Test(sandbox, is_whole_with_both)
{
    const uint32_t seccomp = TH_SANDBOX_BIT(TH_SANDBOX_SECCOMP),
                   landlock = TH_SANDBOX_BIT(TH_SANDBOX_LANDLOCK);
    const uint32_t rest =
        TH_SANDBOX_BIT(TH_SANDBOX_LIMITS) | TH_SANDBOX_BIT(TH_SANDBOX_CAPABILITIES);
    cr_expect(th_sandbox_is_whole(&(struct th_sandbox_state){.held = seccomp | landlock}));
    cr_expect(!th_sandbox_is_whole(&(struct th_sandbox_state){.held = seccomp | rest}));
    cr_expect(!th_sandbox_is_whole(&(struct th_sandbox_state){.held = landlock | rest}));
    cr_expect(!th_sandbox_is_whole(&(struct th_sandbox_state){0}));
}

Test(sandbox, describes)
{
    enum { ALL = (1 << TH_SANDBOX_N_LAYERS) - 1 };
    char text[300];
    struct th_sandbox_state state = {.held = ALL, .landlock_abi = 7};
    th_sandbox_describe(&state, text, sizeof text);
    cr_expect_str_eq(text, "seccomp, Landlock (ABI 7), no new privileges, no capabilities, limits");
    state = (struct th_sandbox_state){.held = ALL & ~TH_SANDBOX_BIT(TH_SANDBOX_LANDLOCK)};
    state.os_errno[TH_SANDBOX_LANDLOCK] = ENOSYS;
    th_sandbox_describe(&state, text, sizeof text);
    cr_expect_str_eq(text, "seccomp, no new privileges, no capabilities, limits; "
                           "no Landlock (the kernel is too old or built without)");
    state = (struct th_sandbox_state){0};
    for (int i = 0; i < TH_SANDBOX_N_LAYERS; i++)
        state.os_errno[i] = EPERM;
    th_sandbox_describe(&state, text, sizeof text);
    cr_expect_str_eq(
        text,
        "none; no seccomp (not permitted here), no Landlock (not permitted here), new privileges "
        "possible (not permitted here), capabilities kept (not permitted here), not all limits "
        "(not permitted here)");
    char small[12];
    th_sandbox_describe(&state, small, sizeof small);
    cr_expect_str_eq(small, "none; no se");
    th_sandbox_describe(&state, NULL, 0);
}
