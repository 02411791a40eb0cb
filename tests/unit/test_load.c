#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "load/load.h"
#include "slots/slots.h"

static char folder[] = "/tmp/thumbs-test-load-XXXXXX";
static int dirfd_;
static struct th_slots *slots;

static void set_up(void)
{
    cr_assert_not_null(mkdtemp(folder));
    dirfd_ = open(folder, O_RDONLY | O_DIRECTORY);
    cr_assert_eq(th_slots_create(2, 1 << 30, false, &slots, NULL), THUMBS_OK);
}

static void tear_down(void)
{
    char command[200];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    if (system(command) != 0) cr_log_warn("%s stays", folder);
    close(dirfd_);
    th_slots_destroy(slots);
}

TestSuite(load, .init = set_up, .fini = tear_down, .timeout = 20);

static void write_file(const char *name, size_t len)
{
    int fd = openat(dirfd_, name, O_WRONLY | O_CREAT, 0600);
    char *data = malloc(len + 1);
    for (size_t i = 0; i < len; i++)
        data[i] = (char)(i * 31 + i / 251);
    cr_assert_eq(write(fd, data, len), (ssize_t)len);
    free(data);
    close(fd);
}

static enum thumbs_code load(const struct th_loader *loader, const char *name, struct th_slot **slot,
                             struct thumbs_error *err)
{
    struct stat st;
    return th_load_file(loader, dirfd_, name, slot, &st, err);
}

Test(load, reads_every_length_whole)
{
    struct th_loader loader = {.slots = slots, .max_bytes = 1 << 30};
    static const size_t lengths[] = {0, 1, TH_LOAD_PEEK - 1, TH_LOAD_PEEK, TH_LOAD_PEEK + 1, 65536, 5000001};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        struct th_slot *slot = NULL;
        struct thumbs_error err = {0};
        write_file("f", lengths[i]);
        cr_assert_eq(load(&loader, "f", &slot, &err), THUMBS_OK, "%s", err.message);
        cr_assert_eq(slot->len, lengths[i]);
        for (size_t k = 0; k < lengths[i]; k++)
            cr_assert_eq(slot->data[k], (uint8_t)(k * 31 + k / 251));
        th_slots_give(slots, slot);
        unlinkat(dirfd_, "f", 0);
    }
}

static bool never(const uint8_t *data, size_t len)
{
    (void)data;
    (void)len;
    return false;
}

Test(load, says_why_not)
{
    struct th_loader loader = {.slots = slots, .max_bytes = 1000};
    struct th_slot *slot = NULL;
    struct thumbs_error err = {0};
    write_file("big", 1001);
    write_file("text", 10);
    cr_assert_eq(symlinkat("text", dirfd_, "link"), 0);
    cr_assert_eq(mkfifoat(dirfd_, "fifo", 0600), 0);
    cr_assert_eq(mkdirat(dirfd_, "dir", 0700), 0);

    cr_expect_eq(load(&loader, "missing", &slot, &err), THUMBS_VANISHED);
    cr_expect_eq(load(&loader, "big", &slot, &err), THUMBS_TOO_LARGE);
    cr_expect_not_null(strstr(err.message, "1001"));
    cr_expect_not_null(strstr(err.message, "1000"));
    cr_expect_eq(load(&loader, "link", &slot, &err), THUMBS_UNREADABLE);
    cr_expect_eq(load(&loader, "fifo", &slot, &err), THUMBS_VANISHED, "must not wait for a writer");
    cr_expect_eq(load(&loader, "dir", &slot, &err), THUMBS_VANISHED);
    cr_expect_eq(err.stage, THUMBS_STAGE_LOAD);
    cr_expect_null(slot);

    loader.follow = true;
    cr_expect_eq(load(&loader, "link", &slot, &err), THUMBS_OK);
    th_slots_give(slots, slot);
    loader.worth_loading = never;
    slot = NULL;
    cr_expect_eq(load(&loader, "text", &slot, &err), THUMBS_NOT_IMAGE);
    cr_expect_null(slot);
    cr_expect_eq(th_slots_in_use_bytes(slots), 0u);
}

static bool countdown(void *user)
{
    return atomic_fetch_sub((atomic_int *)user, 1) > 0;
}

Test(load, a_pool_steps_until_told_to_end)
{
    atomic_int left = 1000;
    struct th_pool *pool = NULL;
    cr_assert_eq(th_pool_create(4, countdown, &left, &pool, NULL), THUMBS_OK);
    th_pool_join(pool);
    cr_assert_eq(atomic_load(&left), -4);
}
