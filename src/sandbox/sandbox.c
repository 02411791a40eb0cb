/* SPDX-License-Identifier: MIT */
#include "sandbox/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"
#include "base/num.h"
#include "base/sys.h"
#include "sandbox/sandbox_internal.h"

struct th_sandbox {
    uint32_t without;
    int ruleset; /* -1: none */
    int landlock_errno;
    uint32_t landlock_abi;
    int filter_errno;
    struct th_filter with_files, without_files;
};

enum thumbs_code th_sandbox_prepare(const struct th_sandbox_options *options,
                                    struct th_sandbox **out, struct thumbs_error *err)
{
    struct th_sandbox *s = th_calloc(1, sizeof *s);
    if (!s) return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_NONE, "no memory for a sandbox");
    s->without = options->without;
    s->ruleset = -1;
    if (!(s->without & TH_SANDBOX_BIT(TH_SANDBOX_LANDLOCK))) {
        s->ruleset = th_landlock_create(options->read_paths, &s->landlock_abi);
        if (s->ruleset < 0) s->landlock_errno = -s->ruleset;
    }
    /* Both filters, since a ruleset that could be made may still be refused when a worker enters.
     */
    if (!(s->without & TH_SANDBOX_BIT(TH_SANDBOX_SECCOMP))) {
        s->filter_errno = th_filter_build(&s->with_files, true);
        if (!s->filter_errno) s->filter_errno = th_filter_build(&s->without_files, false);
        (void)setenv("ORC_CODE", "emulate", 1);
    }
    *out = s;
    return THUMBS_OK;
}

void th_sandbox_destroy(struct th_sandbox *s)
{
    if (!s) return;
    if (s->ruleset >= 0) close(s->ruleset);
    th_filter_finish(&s->with_files);
    th_filter_finish(&s->without_files);
    free(s);
}

/* ---- layers: each 0 or an errno value ---- */

static int stop_new_privileges(void)
{
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ? 0 : errno;
}

static int drop_capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {0};
    /* What even a new program could not get back; only the privileged may do this, and only they
     * need it. */
    for (unsigned long cap = 0; prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == 0; cap++) {
    }
    (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    if (syscall(SYS_capset, &header, none) != 0) return errno;
    /* No other process of the same user reads its memory or takes it over; no core file. */
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 ? 0 : errno;
}

/* What the process has already, as limits count it. */
struct usage {
    uint64_t data_bytes, space_bytes;
};

/* The value of "name:  1234 kB" in the text of /proc/self/status; `otherwise` if it is not there.
 */
static uint64_t status_bytes(const char *text, const char *name, uint64_t otherwise)
{
    uint64_t kib = 0;
    (void)th_find_number(text, name, &kib);
    return kib && kib < UINT64_MAX / 1024 ? kib * 1024 : otherwise;
}

/* Where /proc is missing a limit that is too wide is better than none: libraries of decoders and
 * their data take a quarter of these. */
static struct usage usage_now(void)
{
    const struct usage otherwise = {.data_bytes = UINT64_C(256) << 20,
                                    .space_bytes = UINT64_C(1) << 30};
    char text[4096];
    if (!th_read_text("/proc/self/status", text, sizeof text)) return otherwise;
    return (struct usage){.data_bytes = status_bytes(text, "\nVmData:", otherwise.data_bytes),
                          .space_bytes = status_bytes(text, "\nVmSize:", otherwise.space_bytes)};
}

/* Never above what is allowed already. */
static int lower_limit(int resource, uint64_t value)
{
    struct rlimit limit;
    if (getrlimit(resource, &limit) != 0) return errno;
    if (limit.rlim_max != RLIM_INFINITY && value > limit.rlim_max) value = limit.rlim_max;
    limit = (struct rlimit){.rlim_cur = value, .rlim_max = value};
    return setrlimit(resource, &limit) == 0 ? 0 : errno;
}

/* So much more than it has. The largest value would be "unlimited". */
static int limit_growth(int resource, uint64_t have, uint64_t more)
{
    uint64_t sum;
    if (__builtin_add_overflow(have, more, &sum) || sum == UINT64_MAX) sum = UINT64_MAX - 1;
    return lower_limit(resource, sum);
}

static void keep_first(int *failed, int next)
{
    if (!*failed) *failed = next;
}

/* RLIMIT_NPROC is left alone on purpose: it counts all threads of a user on the whole machine, so
 * that a value that binds here would hit or spare the worker by what else that user runs, and root
 * is exempt. The filter lets nobody fork. Nothing here counts threads: their stacks are the
 * caller's own choice and may be a few shared bytes, the kernel's some 20 KiB for each are in no
 * limit of a process. Who starts workers has to look at how many they have. */
static int set_limits(const struct th_sandbox_limits *limits)
{
    const struct usage have = usage_now(); /* while it may open files */
    /* No core dumps: they would hold pictures of users and delay the news of the death. 1, since 0
     * does not stop a core_pattern that is a pipe (core(5)). */
    int failed = lower_limit(RLIMIT_CORE, 1);
    if (limits->file_bytes) {
        if (signal(SIGXFSZ, SIG_IGN) == SIG_ERR) keep_first(&failed, errno);
        keep_first(&failed, lower_limit(RLIMIT_FSIZE, limits->file_bytes));
    }
    if (limits->n_files) keep_first(&failed, lower_limit(RLIMIT_NOFILE, limits->n_files));
    if (TH_SANDBOX_SANITIZED) return failed;
    if (limits->data_bytes)
        keep_first(&failed, limit_growth(RLIMIT_DATA, have.data_bytes, limits->data_bytes));
    if (limits->space_bytes)
        keep_first(&failed, limit_growth(RLIMIT_AS, have.space_bytes, limits->space_bytes));
    return failed;
}

static void note(const struct th_sandbox *s, struct th_sandbox_state *state,
                 enum th_sandbox_layer layer, int failed)
{
    if (s->without & TH_SANDBOX_BIT(layer)) failed = ECANCELED;
    state->os_errno[layer] = failed;
    if (!failed) state->held |= TH_SANDBOX_BIT(layer);
}

void th_sandbox_enter(const struct th_sandbox *s, const struct th_sandbox_limits *limits,
                      struct th_sandbox_state *state)
{
    *state = (struct th_sandbox_state){0};
    bool want[TH_SANDBOX_N_LAYERS];
    for (int i = 0; i < TH_SANDBOX_N_LAYERS; i++)
        want[i] = !(s->without & TH_SANDBOX_BIT(i));

    note(s, state, TH_SANDBOX_NO_NEW_PRIVS,
         want[TH_SANDBOX_NO_NEW_PRIVS] ? stop_new_privileges() : 0);
    note(s, state, TH_SANDBOX_LIMITS,
         want[TH_SANDBOX_LIMITS] ? set_limits(limits) : 0); /* reads /proc */
    note(s, state, TH_SANDBOX_CAPABILITIES,
         want[TH_SANDBOX_CAPABILITIES] ? drop_capabilities() : 0);
    int failed = s->landlock_errno;
    if (s->ruleset >= 0) {
        failed = th_landlock_enter(s->ruleset);
        close(s->ruleset);
    }
    note(s, state, TH_SANDBOX_LANDLOCK, failed);
    bool files = state->held & TH_SANDBOX_BIT(TH_SANDBOX_LANDLOCK);
    if (files) state->landlock_abi = s->landlock_abi;

    /* Last: it would refuse all of the above. */
    failed = s->filter_errno;
    if (want[TH_SANDBOX_SECCOMP] && !failed)
        failed = th_filter_install(files ? &s->with_files : &s->without_files, getpid());
    note(s, state, TH_SANDBOX_SECCOMP, failed);
}

/* ---- words ---- */

bool th_sandbox_is_whole(const struct th_sandbox_state *state)
{
    const uint32_t both = TH_SANDBOX_BIT(TH_SANDBOX_SECCOMP) | TH_SANDBOX_BIT(TH_SANDBOX_LANDLOCK);
    return (state->held & both) == both;
}

static const char *reason(enum th_sandbox_layer layer, int os_errno)
{
    if (os_errno == ECANCELED) return "switched off";
    if (os_errno == EPERM || os_errno == EACCES) return "not permitted here";
    bool of_kernel = layer == TH_SANDBOX_LANDLOCK || layer == TH_SANDBOX_SECCOMP;
    if (of_kernel && os_errno == ENOSYS) return "the kernel is too old or built without";
    if (of_kernel && os_errno == EOPNOTSUPP) return "disabled when the kernel was started";
    return strerrordesc_np(os_errno);
}

struct text {
    char *out;
    size_t len, size;
};

static void append(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void append(struct text *t, const char *format, ...)
{
    va_list args;
    if (t->len + 1 >= t->size) return;
    va_start(args, format);
    int n = vsnprintf(t->out + t->len, t->size - t->len, format, args);
    va_end(args);
    if (n > 0) t->len += (size_t)n;
}

void th_sandbox_describe(const struct th_sandbox_state *state, char *out, size_t size)
{
    static const struct {
        enum th_sandbox_layer layer;
        const char *held, *absent;
    } words[] = {
        {TH_SANDBOX_SECCOMP, "seccomp", "no seccomp"},
        {TH_SANDBOX_LANDLOCK, "Landlock", "no Landlock"},
        {TH_SANDBOX_NO_NEW_PRIVS, "no new privileges", "new privileges possible"},
        {TH_SANDBOX_CAPABILITIES, "no capabilities", "capabilities kept"},
        {TH_SANDBOX_LIMITS, "limits", "not all limits"},
    };
    struct text t = {.out = out, .size = size};
    if (size) out[0] = '\0';
    if (!state->held) append(&t, "none");
    bool first = true;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (!(state->held & TH_SANDBOX_BIT(words[i].layer))) continue;
        append(&t, "%s%s", first ? "" : ", ", words[i].held);
        if (words[i].layer == TH_SANDBOX_LANDLOCK)
            append(&t, " (ABI %u)", (unsigned)state->landlock_abi);
        first = false;
    }
    first = true;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (state->held & TH_SANDBOX_BIT(words[i].layer)) continue;
        const char *why = reason(words[i].layer, state->os_errno[words[i].layer]);
        append(&t, "%s%s (%s)", first ? "; " : ", ", words[i].absent, why ? why : "unknown");
        first = false;
    }
}
