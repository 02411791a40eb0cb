/* SPDX-License-Identifier: MIT */
#include "image/vips/vips_text.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <vips/vips.h>

#include "base/chars.h"

/* What JPEG files have to be blamed for reaches us only as such a warning. */
static _Thread_local char last_warning[200];

/* Threads at work in the lower half, visits begun so far in the upper one: one number, so that
 * nobody can come in between the two. */
static _Atomic uint64_t visits;
#define ONE_VISIT (UINT64_C(1) << 32)

static _Thread_local struct {
    unsigned depth;
    bool was_alone; /* when it began */
    uint32_t number;
} visit;

void th_vips_text_clause(char *to, size_t size, const char *from)
{
    size_t n = 0;
    for (; from && from[n] && from[n] != '\n' && n + 1 < size; n++)
        to[n] = th_is_control((unsigned char)from[n]) ? '?' : from[n];
    to[n] = 0;
}

static void on_log(const gchar *domain, GLogLevelFlags level, const gchar *message, gpointer user)
{
    (void)domain;
    (void)user;
    if ((level & G_LOG_LEVEL_WARNING) && last_warning[0] == 0)
        th_vips_text_clause(last_warning, sizeof last_warning, message);
}

void th_vips_text_silence(const char *domain)
{
    const GLogLevelFlags levels = (GLogLevelFlags)(G_LOG_LEVEL_MASK & ~G_LOG_LEVEL_ERROR);
    g_log_set_handler(domain, levels, on_log, NULL);
}

void th_vips_text_enter(void)
{
    if (visit.depth++ > 0) return;
    uint64_t before = atomic_fetch_add(&visits, ONE_VISIT + 1);
    visit.was_alone = (uint32_t)before == 0;
    visit.number = (uint32_t)(before >> 32) + 1;
    if (visit.was_alone) vips_error_clear();
}

void th_vips_text_leave(void)
{
    if (--visit.depth == 0) atomic_fetch_sub(&visits, 1);
}

const char *th_vips_text_warning(void)
{
    return last_warning;
}

void th_vips_text_forget(void)
{
    last_warning[0] = 0;
}

/* Whoever comes in counts before he can write; so after the text was read, this tells whose it was.
 */
static bool was_alone_throughout(void)
{
    return visit.depth > 0 && visit.was_alone &&
           (uint32_t)(atomic_load(&visits) >> 32) == visit.number;
}

/* Its last line says most about why it gave up; some decoders only warn. */
static void take_last_line(char *hint, size_t size)
{
    char *text = vips_error_buffer_copy();
    hint[0] = 0;
    g_strchomp(text);
    const char *last = strrchr(text, '\n');
    if (was_alone_throughout()) th_vips_text_clause(hint, size, last ? last + 1 : text);
    g_free(text);
}

static void drop_front(char *hint, size_t n)
{
    memmove(hint, hint + n, strlen(hint + n) + 1);
}

/* Words for people who look at their files, not for those who wrote a decoder. */
static void make_plain(char *hint, size_t size)
{
    static const struct {
        const char *jargon, *plain;
    } words[] = {{"read gave ", "its data are damaged or end early"},
                 {"unable to ", "it is damaged, or not what its first bytes say"}};
    static const char xml[] = " of data: ", input[] = "Invalid input: ";
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strstr(hint, words[i].jargon)) th_vips_text_clause(hint, size, words[i].plain);
    }
    /* "Error domain 1 code 73 on line 2 column 1 of data: Couldn't find end of Start Tag" */
    const char *reason = strstr(hint, "Error domain ") ? strstr(hint, xml) : NULL;
    if (reason) drop_front(hint, (size_t)(reason - hint) + sizeof xml - 1);
    /* "Invalid input: No 'meta' box (2.104)" */
    if (strncmp(hint, input, sizeof input - 1) == 0) drop_front(hint, sizeof input - 1);
    char *number = strrchr(hint, '(');
    if (number > hint && strspn(number + 1, "0123456789.") + 2 == strlen(number)) number[-1] = 0;
}

void th_vips_text_take(char *hint, size_t size)
{
    take_last_line(hint, size);
    if (hint[0] == 0) th_vips_text_clause(hint, size, last_warning);
    if (hint[0] == 0) th_vips_text_clause(hint, size, "no reason given");
    /* "VipsJpeg: Premature end": who says it does not matter to who reads it. */
    const char *text_behind = strstr(hint, ": ");
    if (text_behind && text_behind[2] && strcspn(hint, " ") > (size_t)(text_behind - hint))
        memmove(hint, text_behind + 2, strlen(text_behind + 2) + 1);
    make_plain(hint, size);
    last_warning[0] = 0;
}
