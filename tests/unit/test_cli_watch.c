/* SPDX-License-Identifier: MIT */
/* The watch over a run: it answers, and lets go of a batch that goes. The batch is not real; what
 * the watch asks of it is answered here, as slowly as it takes to be overtaken. */
#include <criterion/criterion.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/watch.h"

TestSuite(cli_watch, .timeout = 120);

static atomic_bool is_looked_at, is_gone, was_gone;

void thumbs_batch_totals(struct thumbs_batch *b, struct thumbs_totals *out)
{
    (void)b;
    *out = (struct thumbs_totals){.found = 1};
    atomic_store(&is_looked_at, true);
    usleep(100000);
    if (atomic_load(&is_gone)) atomic_store(&was_gone, true);
}

void thumbs_batch_levels(struct thumbs_batch *b, struct thumbs_levels *out)
{
    (void)b;
    *out = (struct thumbs_levels){0};
}

size_t thumbs_batch_waiting(struct thumbs_batch *b, size_t most, thumbs_waiting_fn *on_waiting,
                            void *user)
{
    (void)b, (void)most, (void)on_waiting, (void)user;
    return 0;
}

struct said {
    unsigned n;
    char last[256];
};

static void hear(void *user, const struct th_bytes *text)
{
    struct said *said = user;
    said->n++;
    snprintf(said->last, sizeof said->last, "%s", th_bytes_str(text));
}

static void begin(struct cli_watch *w, const char *step, struct said *said)
{
    *said = (struct said){0};
    *w = (struct cli_watch){.print = hear, .user = said};
    cr_assert_eq(cli_watch_init(w, step, NULL), THUMBS_OK);
}

Test(cli_watch, answers_before_it_ends)
{
    struct cli_watch w;
    struct said said;
    begin(&w, "something is done", &said);
    cli_watch_ask(&w);
    cli_watch_finish(&w);
    cr_expect_eq(said.n, 1u);
    cr_expect_str_eq(said.last, "thumbs: still running: something is done\n");
}

/* With --watch a batch goes while the watch stays, which may be at it at that very moment. */
Test(cli_watch, lets_go_of_a_batch)
{
    struct cli_watch w;
    struct said said;
    int batch; /* anything with an address */
    begin(&w, NULL, &said);
    cli_watch_set_batch(&w, (struct thumbs_batch *)&batch);
    cli_watch_ask(&w);
    while (!atomic_load(&is_looked_at))
        usleep(1000);
    cli_watch_rest(&w, "waits");
    atomic_store(&is_gone, true);
    cli_watch_finish(&w);
    cr_expect_not(atomic_load(&was_gone), "it was asked after it had gone");
    cr_expect_eq(said.n, 1u);
}
