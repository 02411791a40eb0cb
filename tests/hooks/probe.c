/* SPDX-License-Identifier: MIT */
/*
 * Pictures that ask for trouble; only in builds with THUMBS_FAULTS. Plain system calls, not those
 * of base: what the kernel answers is what is asked.
 *
 * A file that begins like a GIF ("GIF89a", a header of 13 bytes) and goes on with "THUMBS-PROBE
 * word argument\n" makes whoever works on it do what a hostile picture could make a decoder do: in
 * a worker process it runs inside the sandbox. The same text may stand in a comment that is the
 * first segment of a JPEG file. Words:
 *
 *   crash           die of SIGSEGV                    abort          die of SIGABRT
 *   hang            never end                         sleep MS       take that long
 *   while PATH      take as long as there is such a file (absolute), then be the picture that it is
 * otherwise exit STATUS     end the process                   eat MB         allocate and touch
 * that much, a part at a time alloc MB        allocate that much in one piece, abort() if there is
 * none violate         answer against the protocol (worker processes; elsewhere as ok) open-read
 * PATH  open a file for reading           open-write PATH, create PATH, unlink PATH, list PATH
 *   reopen-buffer   open the file's own bytes for writing by way of /proc
 *   stderr          reach the run's standard error
 *   shared-memory   memory that counts as nobody's    threads N      start so many and wait
 *   socket, connect PATH, exec PATH, fork, memfd, ptrace-parent, kill-parent, signal-group, limits
 *   signal-self N   send that signal to itself       hang-up        close all descriptors and live
 * on ok              do nothing
 *
 * What is asked for and fails is reported as UNSUPPORTED "probe: WORD: <errno text>"; what succeeds
 * as INTERNAL "probe: WORD: done". So the report of a run tells what a worker is able to do.
 */
#include "work/hook.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"

enum { GIF_HEADER = 13, JPEG_HEADER = 6, MB = 1 << 20 };

/* ---- each returns 0, or -1 with errno ---- */

static int closing(int fd)
{
    return fd < 0 ? -1 : close(fd);
}

/* By a real fault: a locked-up worker can send itself no such signal. */
static int do_crash(const char *argument)
{
    (void)argument;
    signal(SIGSEGV, SIG_DFL);
    volatile char *forbidden = mmap(NULL, 1, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (forbidden == MAP_FAILED) return -1;
    *forbidden = 1;
    return 0;
}

static int do_signal_self(const char *argument)
{
    return kill(getpid(), atoi(argument));
}

static int do_abort(const char *argument)
{
    (void)argument;
    abort();
}

static int do_hang(const char *argument)
{
    (void)argument;
    volatile bool ended = false;
    while (!ended) {
    }
    return 0;
}

static int do_sleep(const char *argument)
{
    unsigned long ms = strtoul(argument, NULL, 10);
    return nanosleep(
        &(struct timespec){.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000},
        NULL);
}

/* As if it had died, while it goes on. */
static int do_hang_up(const char *argument)
{
    (void)argument;
    for (int fd = 3; fd < 64; fd++)
        close(fd);
    return do_sleep("60000");
}

/* Looking at names is allowed in the sandbox; where it is not, this ends at once, which a test will
 * see. */
static int do_while(const char *argument)
{
    struct stat st;
    while (stat(argument, &st) == 0)
        (void)do_sleep("5");
    return 0;
}

static int do_exit(const char *argument)
{
    _exit(atoi(argument));
}

/* Slowly enough that somebody can look on. What was eaten is never given back. */
static int do_eat(const char *argument)
{
    for (unsigned long i = 0, n = strtoul(argument, NULL, 10); i < n; i++) {
        volatile char *part = malloc(MB);
        if (!part) abort(); /* as GLib does */
        for (size_t k = 0; k < MB; k += 4096)
            part[k] = 1;
        if (i % 16 == 15) (void)do_sleep("1");
    }
    return 0;
}

static int do_alloc(const char *argument)
{
    void *volatile all = malloc(strtoul(argument, NULL, 10) * MB);
    if (!all) abort();
    free(all);
    return 0;
}

static void *wait_for_ever(void *unused)
{
    for (;;)
        pause();
    return unused;
}

static int do_open_read(const char *argument)
{
    return closing(open(argument, O_RDONLY | O_CLOEXEC));
}

static int do_open_write(const char *argument)
{
    return closing(open(argument, O_WRONLY | O_CLOEXEC));
}

static int do_create(const char *argument)
{
    return closing(open(argument, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

static int do_unlink(const char *argument)
{
    return unlink(argument);
}

static int do_list(const char *argument)
{
    DIR *dir = opendir(argument);
    return dir ? closedir(dir) : -1;
}

/* Every descriptor that can be reopened for writing and then changed counts. */
static int do_reopen_buffer(const char *argument)
{
    (void)argument;
    for (int fd = 3; fd < 64; fd++) {
        char path[32];
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        if (fcntl(fd, F_GETFL) < 0 || (fcntl(fd, F_GETFL) & O_ACCMODE) != O_RDONLY) continue;
        return closing(open(path, O_RDWR | O_CLOEXEC));
    }
    errno = ENOENT; /* no buffer: not in a worker process */
    return -1;
}

static int do_socket(const char *argument)
{
    (void)argument;
    return closing(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

static int do_connect(const char *argument)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (sock < 0) return -1;
    strncpy(to.sun_path, argument, sizeof to.sun_path - 1);
    int failed = connect(sock, (const struct sockaddr *)&to, sizeof to);
    int os_errno = errno;
    close(sock);
    errno = os_errno;
    return failed;
}

/* The descriptor is there, but must not be that of the run: a terminal can be read, a log emptied.
 */
static int do_stderr(const char *argument)
{
    (void)argument;
    struct stat mine, null;
    if (fstat(STDERR_FILENO, &mine) != 0) return -1;
    bool is_null =
        fstat(STDIN_FILENO, &null) == 0 && mine.st_dev == null.st_dev && mine.st_ino == null.st_ino;
    errno = EPERM;
    return is_null ? -1 : 0;
}

static int do_shared_memory(const char *argument)
{
    (void)argument;
    void *p = mmap(NULL, MB, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return p == MAP_FAILED ? -1 : munmap(p, MB);
}

/* Far more than a decoder starts; they stay until the process ends. */
static int do_threads(const char *argument)
{
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 64 << 10);
    for (unsigned long i = 0, n = strtoul(argument, NULL, 10); i < n; i++) {
        pthread_t thread;
        int failed = pthread_create(&thread, &small, wait_for_ever, NULL);
        if (failed) {
            errno = failed;
            return -1;
        }
    }
    return do_sleep("3000");
}

static int do_exec(const char *argument)
{
    return execl(argument, argument, (char *)NULL);
}

static int do_fork(const char *argument)
{
    (void)argument;
    pid_t pid = fork();
    if (pid == 0) _exit(0);
    if (pid > 0) waitpid(pid, NULL, 0);
    return pid < 0 ? -1 : 0;
}

static int do_memfd(const char *argument)
{
    (void)argument;
    return closing(memfd_create("probe", MFD_CLOEXEC));
}

static int do_ptrace_parent(const char *argument)
{
    (void)argument;
    return (int)ptrace(PTRACE_SEIZE, getppid(), NULL, NULL);
}

/* Signal 0 asks for the right to send without hurting anybody where that exists. */
static int do_kill_parent(const char *argument)
{
    (void)argument;
    return kill(getppid(), 0);
}

static int do_signal_group(const char *argument)
{
    (void)argument;
    return kill(0, 0);
}

static int do_limits(const char *argument)
{
    (void)argument;
    struct rlimit most;
    if (getrlimit(RLIMIT_CORE, &most) != 0) return -1;
    return setrlimit(RLIMIT_CORE, &most);
}

static int do_nothing(const char *argument)
{
    (void)argument;
    return 0;
}

/* ---- which ---- */

static const struct {
    const char *word;
    int (*carry_out)(const char *argument);
} probes[] = {
    {"crash", do_crash},
    {"abort", do_abort},
    {"hang", do_hang},
    {"sleep", do_sleep},
    {"while", do_while},
    {"exit", do_exit},
    {"eat", do_eat},
    {"alloc", do_alloc},
    {"violate", do_nothing},
    {"open-read", do_open_read},
    {"open-write", do_open_write},
    {"create", do_create},
    {"unlink", do_unlink},
    {"list", do_list},
    {"reopen-buffer", do_reopen_buffer},
    {"socket", do_socket},
    {"connect", do_connect},
    {"stderr", do_stderr},
    {"shared-memory", do_shared_memory},
    {"threads", do_threads},
    {"exec", do_exec},
    {"fork", do_fork},
    {"memfd", do_memfd},
    {"ptrace-parent", do_ptrace_parent},
    {"kill-parent", do_kill_parent},
    {"signal-group", do_signal_group},
    {"limits", do_limits},
    {"signal-self", do_signal_self},
    {"hang-up", do_hang_up},
    {"ok", do_nothing},
};

/* Where the text of a probe could stand: behind the header of a GIF, or of a JPEG and of the
 * comment it begins with. */
static size_t text_begin(const uint8_t *data, size_t len)
{
    if (len > GIF_HEADER && memcmp(data, "GIF89a", 6) == 0) return GIF_HEADER;
    if (len > JPEG_HEADER && memcmp(data, "\xff\xd8\xff\xfe", 4) == 0) return JPEG_HEADER;
    return len;
}

/* "word argument" of a probe, or false. */
static bool read_probe(const uint8_t *data, size_t len, char *text, size_t size)
{
    static const char mark[] = "THUMBS-PROBE ";
    size_t begin = text_begin(data, len), n = 0;
    if (len - begin < sizeof mark || memcmp(data + begin, mark, sizeof mark - 1) != 0) return false;
    begin += sizeof mark - 1;
    while (begin + n < len && data[begin + n] != '\n' && n + 1 < size)
        n++;
    memcpy(text, data + begin, n);
    text[n] = '\0';
    return true;
}

bool th_probe(const uint8_t *data, size_t len, bool *violate, struct thumbs_error *error)
{
    char text[PATH_MAX + 32];
    if (!read_probe(data, len, text, sizeof text)) return false;
    char *space = strchr(text, ' ');
    if (space) *space = '\0';
    const char *argument = space ? space + 1 : "";
    *violate = strcmp(text, "violate") == 0;
    for (size_t i = 0; i < sizeof probes / sizeof *probes; i++) {
        if (strcmp(probes[i].word, text) != 0) continue;
        if (probes[i].carry_out == do_while) {
            (void)do_while(argument);
            return false;
        }
        if (probes[i].carry_out(argument) == 0) {
            th_error_set(error, THUMBS_INTERNAL, THUMBS_STAGE_DECODE, "probe: %s: done", text);
        } else {
            th_error_set(error, THUMBS_UNSUPPORTED, THUMBS_STAGE_DECODE, "probe: %s: %s", text,
                         strerror(errno));
        }
        return true;
    }
    th_error_set(error, THUMBS_INTERNAL, THUMBS_STAGE_DECODE, "probe: there is no %s", text);
    return true;
}
