/* SPDX-License-Identifier: MIT */
/* Gallery room: addresses, and that names never leave the block of data. */
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gallery/gallery.h"
#include "gallery/link.h"

static char folder[] = "/tmp/test-gallery-XXXXXX";

static void enter(void)
{
    cr_assert_not_null(mkdtemp(folder));
    cr_assert_eq(chdir(folder), 0);
    cr_assert_eq(mkdir("out", 0777), 0);
    cr_assert_eq(mkdir("out/a b", 0777), 0);
    cr_assert_eq(mkdir("outer", 0777), 0);
    cr_assert_eq(symlink("out/a b", "link"), 0);
}

static void leave(void)
{
    char command[64];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    cr_expect_eq(system(command), 0);
}

TestSuite(gallery, .init = enter, .fini = leave, .timeout = 30);

static void expect_way(const char *from, const char *to, const char *way)
{
    struct th_bytes b = {0};
    struct thumbs_error err = {0};
    cr_expect_eq(th_link_add_way(&b, from, to, &err), THUMBS_OK, "%s", err.message);
    cr_expect_str_eq(th_bytes_str(&b), way, "from %s to %s it is '%s'", from, to, th_bytes_str(&b));
    th_bytes_finish(&b);
}

Test(gallery, ways_between_folders)
{
    expect_way(".", "out", "out/");
    expect_way(".", "out/", "out/");
    expect_way("out", "out", "");
    expect_way("out/", "./out/../out", "");
    expect_way("out/a b", "out", "../");
    expect_way("out", "out/a b", "a%20b/");
    expect_way("out", "outer", "../outer/");
    expect_way("outer", "out/a b", "../out/a%20b/");
    expect_way(".", "link", "out/a%20b/");
    expect_way("link", "outer", "../../outer/");
    expect_way("/", "/tmp", "tmp/");
    expect_way("/tmp", "/", "../");
    expect_way("out", "missing/x:y", "../missing/x%3Ay/");
    expect_way("out", "/missing//x/", "../../../missing//x/");
}

Test(gallery, a_way_that_cannot_be_told)
{
    struct th_bytes b = {0};
    struct thumbs_error err = {0};
    FILE *f = fopen("file", "w");
    cr_assert_not_null(f);
    fclose(f);
    cr_expect_eq(th_link_add_way(&b, "file/x", "out", &err), THUMBS_UNREADABLE);
    cr_expect_not_null(strstr(err.message, "Not a directory"), "%s", err.message);
    cr_expect_eq(b.len, 0);
    th_bytes_finish(&b);
}

/* A page about one source of that name. */
static void make_page(struct th_bytes *b, const char *name)
{
    const struct thumbs_output output = {.path = name, .format = THUMBS_FORMAT_JPEG};
    const struct thumbs_event event = {.source = name, .outputs = &output, .n_outputs = 1};
    const struct thumbs_totals totals = {.by_status[THUMBS_STATUS_DONE] = 1};
    cr_assert_eq(th_gallery_begin(b, ".", "out", NULL), THUMBS_OK);
    th_gallery_event(b, &event);
    th_gallery_end(b, &totals, 0);
    cr_assert_not(th_bytes_failed(b));
}

static size_t count(const char *text, const char *what)
{
    size_t n = 0;
    while ((text = strstr(text, what)) != NULL) {
        text++;
        n++;
    }
    return n;
}

Test(gallery, no_name_adds_to_the_page)
{
    struct th_bytes plain = {0}, hostile = {0};
    const char name[] = "</script><script>x</script><!--]]>";
    make_page(&plain, "a.jpg");
    make_page(&hostile, name);
    cr_expect_eq(count(plain.data, "<"), count(hostile.data, "<"));
    cr_expect_eq(count(hostile.data, "\\u003c/script>\\u003cscript>x\\u003c/script>\\u003c!--]]>"),
                 2);
    th_bytes_finish(&plain);
    th_bytes_finish(&hostile);
}

Test(gallery, its_own_pages_are_known)
{
    struct th_bytes page = {0};
    make_page(&page, "a.jpg");
    cr_expect(th_gallery_is_ours(page.data, page.len));
    cr_expect_not(th_gallery_is_ours("", 0));
    cr_expect_not(th_gallery_is_ours(page.data, 30), "a part of the first line");
    const char other[] = "<!DOCTYPE html>\n<html>";
    cr_expect_not(th_gallery_is_ours(other, strlen(other)));
    th_bytes_finish(&page);
}

/* The page allows no other host, and no script that is not its own. */
Test(gallery, the_policy_is_in_the_page)
{
    struct th_bytes page = {0};
    make_page(&page, "a.jpg");
    cr_expect_not_null(strstr(page.data, "default-src 'none'; img-src 'self' file:;"));
    cr_expect_not_null(strstr(page.data, "script-src 'sha256-"));
    cr_expect_null(strstr(page.data, "@SCRIPT"));
    cr_expect_null(strstr(page.data, "http://"));
    cr_expect_null(strstr(page.data, "https://"));
    th_bytes_finish(&page);
}

Test(gallery, what_was_passed_over_is_told_only_if_it_was_named)
{
    struct th_bytes b = {0};
    struct thumbs_event event = {.source = "a.txt", .status = THUMBS_STATUS_SKIPPED};
    th_gallery_event(&b, &event);
    cr_expect_eq(b.len, 0);
    event.named = true;
    th_gallery_event(&b, &event);
    cr_expect_str_eq(th_bytes_str(&b), ",\n{\"source\":\"a.txt\",\"status\":\"skipped\"}");
    th_bytes_finish(&b);
}
