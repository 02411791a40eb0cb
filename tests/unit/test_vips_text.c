/* SPDX-License-Identifier: MIT */
/* Whose text is it: libvips has one buffer for the whole process. */
#include <criterion/criterion.h>
#include <pthread.h>

#include <vips/vips.h>

#include "image/vips/vips_text.h"

static void start(void)
{
    cr_assert_eq(VIPS_INIT("test"), 0);
    th_vips_text_silence("test");
}

static void *write_as_another(void *arg)
{
    (void)arg;
    th_vips_text_enter();
    vips_error("other", "of another picture");
    th_vips_text_leave();
    return NULL;
}

static void let_another_write(void)
{
    pthread_t thread;
    cr_assert_eq(pthread_create(&thread, NULL, write_as_another, NULL), 0);
    pthread_join(thread, NULL);
}

static const char *take(void)
{
    static char hint[120];
    th_vips_text_take(hint, sizeof hint);
    return hint;
}

Test(vips_text, is_taken_where_nobody_else_was_at_work, .init = start)
{
    let_another_write();
    th_vips_text_enter();
    cr_expect_str_eq(take(), "no reason given", "what stood there before is not of this one");
    vips_error("mine", "of this picture");
    th_vips_text_enter(); /* a call within a call */
    th_vips_text_leave();
    cr_expect_str_eq(take(), "of this picture");
    th_vips_text_leave();
}

Test(vips_text, is_not_taken_where_another_was, .init = start)
{
    th_vips_text_enter();
    let_another_write(); /* begun and ended in between */
    cr_expect_str_eq(take(), "no reason given");
    g_log("test", G_LOG_LEVEL_WARNING, "a warning of this thread");
    cr_expect_str_eq(take(), "a warning of this thread");
    th_vips_text_leave();
    cr_expect_str_eq(take(), "no reason given", "nobody is at work");
}
