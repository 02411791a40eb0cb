/* SPDX-License-Identifier: MIT */
/* The walk room: what the rules of a .thumbsignore say, and which files are litter. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "walk/ignores.h"
#include "walk/litter.h"

static enum th_verdict judge(const char *text, const char *path, bool folder)
{
    struct th_ignore_file *file = th_ignore_file_create(text, strlen(text));
    cr_assert(file);
    enum th_verdict verdict = th_ignore_file_judge(file, path, folder);
    th_ignore_file_destroy(file);
    return verdict;
}

/* The answers are those of git check-ignore 2.39. */
Test(ignore, one_rule)
{
    static const struct {
        const char *rule, *path;
        bool folder, out;
    } cases[] = {
        {"a.jpg", "a.jpg", false, true},
        {"a.jpg", "d/a.jpg", false, true},
        {"a.jpg", "A.jpg", false, false},
        {"/a.jpg", "a.jpg", false, true},
        {"/a.jpg", "d/a.jpg", false, false},
        {"d/a.jpg", "d/a.jpg", false, true},
        {"d/a.jpg", "x/d/a.jpg", false, false},
        {"d/", "d", true, true},
        {"d/", "d", false, false},
        {"d/", "x/d", true, true},
        {"/d/", "x/d", true, false},
        {"d//", "d", true, false},
        {"*.jpg", "d/a.jpg", false, true},
        {"d/*.jpg", "d/a.jpg", false, true},
        {"d/*.jpg", "d/e/a.jpg", false, false},
        {"d/**", "d/e/a.jpg", false, true},
        {"d/**", "d", true, false},
        {"**/a", "a", false, true},
        {"**/a", "d/e/a", false, true},
        {"d/**/a", "d/a", false, true},
        {"d/**/a", "d/e/f/a", false, true},
        {"d**/a", "d/e/a", false, false},
        {"d**/a", "dx/a", false, true},
        {"/**b", "a/b", false, false},
        {"/**b", "ab", false, true},
        {"**b", "d/ab", false, true},
        {"d/***/a", "d/e/f/a", false, true},
        {"?", "a", false, true},
        {"d?a", "d/a", false, false},
        {"[a-c]", "b", false, true},
        {"[!a-c]", "b", false, false},
        {"[^a-c]", "d", false, true},
        {"[]-]", "]", false, true},
        {"[]-]", "-", false, true},
        {"[a-c-e]", "d", false, false},
        {"[a-c-e]", "-", false, true},
        {"[\\a-\\c]", "b", false, true},
        {"[[:digit:]]", "5", false, true},
        {"[[:digit:]-z]", "q", false, false},
        {"[[:digit:]-z]", "-", false, true},
        {"x[[:punct:]]y", "x,y", false, true},
        {"/x[[:punct:]]y", "x/y", false, false},
        {"[[:upper:][:digit:]]", "B", false, true},
        {"[[:oops:]]", "o", false, false},
        {"[[:digit]", ":", false, true},
        {"[a", "[a", false, false},
        {"a\\", "a\\", false, false},
        {"\\*", "*", false, true},
        {"\\*", "a", false, false},
        {"#a", "#a", false, false},
        {"\\#a", "#a", false, true},
        {"\\!a", "!a", false, true},
        {" a", "a", false, false},
        {" a", " a", false, true},
        {"a  ", "a", false, true},
        {"a\\ ", "a ", false, true},
        {"a\\  ", "a ", false, true},
        {"a\t", "a", false, false},
        {"a\r", "a", false, true},
        {"a\r\n", "a", false, true},
        {"\xef\xbb\xbf"
         "a",
         "a", false, true},
        {"/", "a", true, false},
        {"!", "!", false, false},
        {"", "a", false, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        cr_expect_eq(judge(cases[i].rule, cases[i].path, cases[i].folder),
                     cases[i].out ? TH_VERDICT_LEFT_OUT : TH_VERDICT_NONE, "\"%s\" and %s",
                     cases[i].rule, cases[i].path);
}

Test(ignore, the_last_rule_that_matches_decides)
{
    const char *rules = "# a comment\n\n*.jpg\n!keep.jpg\n/d/keep.jpg\n";
    cr_expect_eq(judge(rules, "a.jpg", false), TH_VERDICT_LEFT_OUT);
    cr_expect_eq(judge(rules, "keep.jpg", false), TH_VERDICT_TAKEN);
    cr_expect_eq(judge(rules, "d/keep.jpg", false), TH_VERDICT_LEFT_OUT);
    cr_expect_eq(judge(rules, "e/keep.jpg", false), TH_VERDICT_TAKEN);
    cr_expect_eq(judge(rules, "a.png", false), TH_VERDICT_NONE);
    cr_expect_eq(judge("a\n!a\n", "a", false), TH_VERDICT_TAKEN);
    cr_expect_eq(judge("!a\na\n", "a", false), TH_VERDICT_LEFT_OUT);
}

/* A NUL ends what a line says, and only that. */
Test(ignore, holds_nul)
{
    static const char text[] = "a\0x\nb";
    struct th_ignore_file *file = th_ignore_file_create(text, sizeof text - 1);
    cr_expect_eq(th_ignore_file_judge(file, "a", false), TH_VERDICT_LEFT_OUT);
    cr_expect_eq(th_ignore_file_judge(file, "x", false), TH_VERDICT_NONE);
    cr_expect_eq(th_ignore_file_judge(file, "b", false), TH_VERDICT_LEFT_OUT);
    th_ignore_file_destroy(file);
}

/* ---- files on the way down ------------------------------------------------------------------- */

static int make_folder(char path[40])
{
    strcpy(path, "/tmp/thumbs-ignore-XXXXXX");
    cr_assert(mkdtemp(path));
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    cr_assert(fd >= 0);
    return fd;
}

static void remove_folder(const char *path, int fd)
{
    unlinkat(fd, TH_IGNORE_FILE_NAME, 0);
    unlinkat(fd, TH_IGNORE_FILE_NAME, AT_REMOVEDIR);
    close(fd);
    rmdir(path);
}

static void write_rules(int fd, const char *text, size_t len)
{
    int file = openat(fd, TH_IGNORE_FILE_NAME, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    cr_assert(file >= 0 && write(file, text, len) == (ssize_t)len);
    close(file);
}

Test(ignores, the_deepest_file_decides)
{
    char path[40];
    int fd = make_folder(path);
    struct th_ignores ignores = {0};
    cr_assert_eq(th_ignores_enter(&ignores, fd, 0, false, NULL), THUMBS_OK);
    cr_expect_eq(ignores.n, 0u, "there is none");
    write_rules(fd, "*.jpg\n/d/a\n", 11);
    cr_assert_eq(th_ignores_enter(&ignores, fd, 0, false, NULL), THUMBS_OK);
    write_rules(fd, "!a.jpg\n/b\n", 10);
    cr_assert_eq(th_ignores_enter(&ignores, fd, 1, false, NULL), THUMBS_OK);
    cr_expect_eq(ignores.n, 2u);
    cr_expect(!th_ignores_leave_out(&ignores, "d/a.jpg", false));
    cr_expect(th_ignores_leave_out(&ignores, "d/b.jpg", false));
    cr_expect(th_ignores_leave_out(&ignores, "d/b", false));
    cr_expect(th_ignores_leave_out(&ignores, "d/a", false));
    cr_expect(!th_ignores_leave_out(&ignores, "d/e/b", false));
    th_ignores_truncate(&ignores, 1);
    cr_expect(th_ignores_leave_out(&ignores, "d/a.jpg", false));
    cr_expect(!th_ignores_leave_out(&ignores, "d/b", false));
    th_ignores_finish(&ignores);
    remove_folder(path, fd);
}

/* What cannot be known is not guessed: the folder fails. */
Test(ignores, refused)
{
    static char large[(64 << 10) + 1];
    char path[40];
    int fd = make_folder(path);
    struct th_ignores ignores = {0};
    struct thumbs_error error;
    memset(large, '\n', sizeof large);
    write_rules(fd, large, sizeof large - 1);
    cr_expect_eq(th_ignores_enter(&ignores, fd, 0, false, &error), THUMBS_OK);
    write_rules(fd, large, sizeof large);
    cr_expect_eq(th_ignores_enter(&ignores, fd, 0, false, &error), THUMBS_UNREADABLE);
    write_rules(fd, large, sizeof large - 1);
    while (ignores.n < 16)
        cr_assert_eq(th_ignores_enter(&ignores, fd, 0, false, &error), THUMBS_OK);
    cr_expect_eq(th_ignores_enter(&ignores, fd, 0, false, &error), THUMBS_UNREADABLE);
    th_ignores_truncate(&ignores, 15);
    cr_expect_eq(th_ignores_enter(&ignores, fd, 0, false, &error), THUMBS_OK);
    th_ignores_finish(&ignores);

    unlinkat(fd, TH_IGNORE_FILE_NAME, 0);
    cr_assert_eq(symlinkat("/dev/null", fd, TH_IGNORE_FILE_NAME), 0);
    cr_expect_eq(th_ignores_enter(&ignores, fd, 0, false, &error), THUMBS_UNREADABLE);
    cr_expect_eq(th_ignores_enter(&ignores, fd, 0, true, &error), THUMBS_UNREADABLE,
                 "it leads to no regular file");
    unlinkat(fd, TH_IGNORE_FILE_NAME, 0);
    cr_assert_eq(mkdirat(fd, TH_IGNORE_FILE_NAME, 0700), 0);
    cr_expect_eq(th_ignores_enter(&ignores, fd, 0, false, &error), THUMBS_UNREADABLE);
    unlinkat(fd, TH_IGNORE_FILE_NAME, AT_REMOVEDIR);
    cr_assert_eq(mkfifoat(fd, TH_IGNORE_FILE_NAME, 0600), 0);
    cr_expect_eq(th_ignores_enter(&ignores, fd, 0, false, &error), THUMBS_UNREADABLE);
    cr_expect_eq(ignores.n, 0u);
    th_ignores_finish(&ignores);
    remove_folder(path, fd);
}

Test(litter, names)
{
    static const char *const litter[] = {"@eaDir",   "#recycle",     ".Trash",     ".Trash-1000",
                                         ".Trashes", "Thumbs.db",    "__MACOSX",   "._a.jpg",
                                         "._",       "$RECYCLE.BIN", ".thumbnails"};
    static const char *const none[] = {"eaDir",  "a@eaDir", "recycle", "Trash",       "thumbs.jpg",
                                       "_a.jpg", ".a",      "x._a",    ".thumbnails2"};
    for (size_t i = 0; i < sizeof litter / sizeof litter[0]; i++)
        cr_expect(th_litter_is(litter[i]), "%s", litter[i]);
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        cr_expect(!th_litter_is(none[i]), "%s", none[i]);
}
