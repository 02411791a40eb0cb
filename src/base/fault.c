/* SPDX-License-Identifier: MIT */
/* Fault injection for tests, see sys.h. Not compiled into releases. */
#include "base/sys.h"

#ifdef THUMBS_FAULTS

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct plan {
    bool active, every, onwards;
    unsigned long n;
    int os_errno;
};

/* Mutable file-level state, in test builds only: the plan is read once, the counters count passes.
 */
static struct plan plans[TH_N_FAULTS];
static atomic_ulong passes[TH_N_FAULTS];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static const struct {
    const char *name;
    int os_errno;
} points[TH_N_FAULTS] = {
    [TH_FAULT_ALLOC] = {"alloc", ENOMEM},
    [TH_FAULT_OPEN] = {"open", EIO},
    [TH_FAULT_READ] = {"read", EIO},
    [TH_FAULT_WRITE] = {"write", EIO},
    [TH_FAULT_CLOSE] = {"close", EIO},
    [TH_FAULT_RENAME] = {"rename", EIO},
    [TH_FAULT_MKDIR] = {"mkdir", EACCES},
    [TH_FAULT_THREAD] = {"thread", EAGAIN},
    [TH_FAULT_MMAP] = {"mmap", ENOMEM},
    [TH_FAULT_FORK] = {"fork", EAGAIN},
    [TH_FAULT_SHORT] = {"short", 0},
    [TH_FAULT_DEST] = {"dest", EIO},
    [TH_FAULT_FOLDS] = {"folds", 0},
    [TH_FAULT_DECLINE] = {"decline", 0},
    [TH_FAULT_URING_SETUP] = {"uring_setup", EPERM},
    [TH_FAULT_URING_SHORT] = {"uring_short", 0},
    [TH_FAULT_URING_AGAIN] = {"uring_again", EAGAIN},
    [TH_FAULT_URING_INTR] = {"uring_intr", EINTR},
    [TH_FAULT_URING_CANCEL] = {"uring_cancel", ECANCELED},
};

static void add_plan(char *item)
{
    char *n = strchr(item, ':');
    if (!n) return;
    *n++ = '\0';
    char *number = strchr(n, ':');
    if (number) *number++ = '\0';
    for (int i = 0; i < TH_N_FAULTS; i++) {
        if (strcmp(points[i].name, item) != 0) continue;
        plans[i] = (struct plan){.active = true,
                                 .every = strcmp(n, "*") == 0,
                                 .onwards = strchr(n, '+') != NULL,
                                 .n = strtoul(n, NULL, 10),
                                 .os_errno = number ? atoi(number) : points[i].os_errno};
    }
}

static void read_plan(void)
{
    const char *text = getenv("THUMBS_FAULT");
    char *copy = text ? strdup(text) : NULL;
    char *save = NULL;
    for (char *item = copy ? strtok_r(copy, ",", &save) : NULL; item;
         item = strtok_r(NULL, ",", &save))
        add_plan(item);
    free(copy);
}

bool th_fault(enum th_fault point)
{
    pthread_once(&once, read_plan);
    const struct plan *plan = &plans[point];
    if (!plan->active) return false;
    unsigned long pass = atomic_fetch_add_explicit(&passes[point], 1, memory_order_relaxed) + 1;
    if (!plan->every && pass != plan->n && !(plan->onwards && pass > plan->n)) return false;
    errno = plan->os_errno;
    return true;
}

#else
typedef int th_fault_is_not_built; /* ISO C wants a declaration in every file */
#endif
