/* SPDX-License-Identifier: MIT */
/* Report room: files that the run writes by name. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "report/outfile.h"
#include "report/report.h"

static char folder[] = "/tmp/test-outfile-XXXXXX";
static const char *const source = "photos";
static const char report[] = "{\"source\":\"a.jpg\",\"status\":\"done\"}\n";

static void enter(void)
{
    cr_assert_not_null(mkdtemp(folder));
    cr_assert_eq(chdir(folder), 0);
    cr_assert_eq(mkdir(source, 0777), 0);
}

static void leave(void)
{
    char command[64];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    cr_expect_eq(system(command), 0);
}

TestSuite(outfile, .init = enter, .fini = leave, .timeout = 30);

static const struct th_outfile_guard guard = {.sources = &source, .n_sources = 1};

static void put(const char *name, const char *text)
{
    FILE *f = fopen(name, "w");
    cr_assert_not_null(f);
    fputs(text, f);
    fclose(f);
}

static void expect_text(const char *name, const char *text)
{
    char buf[256] = "";
    FILE *f = fopen(name, "r");
    cr_assert_not_null(f, "%s is missing", name);
    buf[fread(buf, 1, sizeof buf - 1, f)] = '\0';
    fclose(f);
    cr_expect_str_eq(buf, text, "%s", name);
}

static enum thumbs_code plan(struct th_outfile *file, const char *name, struct thumbs_error *err)
{
    return th_outfile_plan(file, name, "report", th_report_is_json, &guard, err);
}

/* An open file of that name, with a report written to it. */
static void begin(struct th_outfile *file, const char *name)
{
    struct thumbs_error err = {0};
    cr_assert_eq(plan(file, name, &err), THUMBS_OK, "%s", err.message);
    cr_assert_eq(th_outfile_open(file, &err), THUMBS_OK, "%s", err.message);
    cr_assert_eq(write(file->fd, report, strlen(report)), (ssize_t)strlen(report));
}

static bool is_there(const char *name)
{
    struct stat st;
    return lstat(name, &st) == 0;
}

static void expect_refused(const char *name, const char *why)
{
    struct th_outfile file;
    struct thumbs_error err = {0};
    cr_expect_eq(plan(&file, name, &err), THUMBS_USAGE, "%s", name);
    cr_expect(strstr(err.message, why) != NULL, "%s: %s", name, err.message);
    th_outfile_finish(&file);
}

/* ---- names of descriptors ---- */

struct descriptor {
    char name[40];
    int number;
};

ParameterizedTestParameters(outfile_names, descriptor)
{
    static struct descriptor all[] = {
        {"-", 1},
        {"/dev/stdin", 0},
        {"/dev/stdout", 1},
        {"/dev/stderr", 2},
        {"//dev///stdout", 1},
        {"/./dev/./stdout", 1},
        {"/dev/fd/0", 0},
        {"/dev/fd/63", 63},
        {"/proc/self/fd/7", 7},
        {"/proc/thread-self/fd/7", 7},
        {"/dev/fd/", -1},
        {"/dev/fd/x", -1},
        {"/dev/fd/-1", -1},
        {"/dev/fd/1/", -1},
        {"/dev/fd/99999999999", -1},
        {"/dev/stdouts", -1},
        {"/dev/stdout/", -1},
        {"/devstdout", -1},
        {"dev/stdout", -1},
        {"/dev/null", -1},
        {"/dev", -1},
        {"/", -1},
        {"", -1},
        {"--", -1},
        {"./-", -1},
    };
    return cr_make_param_array(struct descriptor, all, sizeof all / sizeof *all);
}

ParameterizedTest(struct descriptor *p, outfile_names, descriptor)
{
    cr_expect_eq(th_outfile_descriptor(p->name), p->number, "%s is %d", p->name,
                 th_outfile_descriptor(p->name));
}

/* ---- heads of reports ---- */

static bool is_report(const char *head)
{
    return th_report_is_json(head, strlen(head));
}

Test(outfile_heads, what_is_a_report)
{
    const struct thumbs_event event = {.source = "a \"b\"\n\xff.jpg",
                                       .status = THUMBS_STATUS_UP_TO_DATE};
    const struct thumbs_totals totals = {0};
    struct th_bytes line = {0};
    th_report_event_json(&line, &event);
    cr_expect(th_report_is_json(line.data, line.len));
    th_bytes_clear(&line);
    th_report_summary_json(&line, &totals, 15);
    cr_expect(th_report_is_json(line.data, line.len), "of a run that had nothing to do");
    th_bytes_finish(&line);
    cr_expect(is_report(report));
    cr_expect_not(is_report("{\"source\":\"a.jpg\"}\n{\"status\":\"done\"}\n"),
                  "only the first line counts");
    cr_expect_not(is_report("{\"source\":1,\"status\":\"done\"}\n"));
    cr_expect_not(is_report("{\"summary\":\"of my work\"}\n"));
    cr_expect_not(is_report("{\"schema\":\"thumbs-bench/1\"}\n"));
    cr_expect_not(is_report("\xff\xd8\xff\xe0 a picture"));
    cr_expect_not(is_report("{"));
    cr_expect_not(is_report("\n"));
}

/* ---- the life of a file ---- */

Test(outfile, appears_whole_at_the_end)
{
    struct th_outfile file;
    struct thumbs_error err = {0};
    begin(&file, "r");
    cr_expect_not(is_there("r"));
    expect_text(".thumbs-r.part", report);
    cr_expect_eq(th_outfile_commit(&file, &err), THUMBS_OK);
    expect_text("r", report);
    cr_expect_not(is_there(".thumbs-r.part"));
    th_outfile_finish(&file); /* once more is fine */
}

Test(outfile, dropped_it_leaves_nothing)
{
    struct th_outfile file, zeroed = {0};
    put("r", report);
    begin(&file, "r");
    th_outfile_finish(&file);
    expect_text("r", report);
    cr_expect_not(is_there(".thumbs-r.part"));
    th_outfile_finish(&zeroed);
}

Test(outfile, planning_changes_nothing)
{
    struct th_outfile file;
    struct thumbs_error err = {0};
    cr_expect_eq(plan(&file, "new", &err), THUMBS_OK);
    th_outfile_finish(&file);
    cr_expect_not(is_there("new") || is_there(".thumbs-new.part"));
    cr_expect_eq(plan(&file, "missing/new", &err), THUMBS_OK, "its folder may be made");
    cr_expect_eq(th_outfile_open(&file, &err), THUMBS_NOT_WRITABLE);
    th_outfile_finish(&file);
    cr_expect_not(is_there("missing"));
}

Test(outfile, what_a_killed_run_left_is_removed)
{
    struct th_outfile file;
    put(".thumbs-r.part", report);
    put(".thumbs-r.part2", "");
    put(".thumbs-r.part4", "of the user");
    put(".thumbs-r.part9", "");
    put(".thumbs-r.part10", "");
    put(".thumbs-rr.part", "");
    begin(&file, "r");
    expect_text(".thumbs-r.part", report);
    cr_expect_not(is_there(".thumbs-r.part2") || is_there(".thumbs-r.part9"));
    cr_expect(is_there(".thumbs-r.part10") && is_there(".thumbs-rr.part"), "none of its own");
    expect_text(".thumbs-r.part4", "of the user");
    th_outfile_finish(&file);
}

/* Locks are of open files, so that two in one process are strangers too. */
Test(outfile, what_a_living_run_writes_is_left_alone)
{
    struct th_outfile files[9], more;
    struct thumbs_error err = {0};
    for (int i = 0; i < 9; i++)
        begin(&files[i], "r");
    cr_expect(is_there(".thumbs-r.part") && is_there(".thumbs-r.part9"));
    cr_expect_eq(plan(&more, "r", &err), THUMBS_OK);
    cr_expect_eq(th_outfile_open(&more, &err), THUMBS_NOT_WRITABLE, "a bound there is");
    th_outfile_finish(&more);
    for (int i = 0; i < 9; i++)
        cr_expect_eq(th_outfile_commit(&files[i], &err), THUMBS_OK, "%s", err.message);
    cr_expect_not(is_there(".thumbs-r.part") || is_there(".thumbs-r.part9"));
    expect_text("r", report);
}

Test(outfile, what_came_in_between_stays)
{
    struct th_outfile file;
    struct thumbs_error err = {0};
    begin(&file, "r");
    put("r", "mine");
    cr_expect_eq(th_outfile_commit(&file, &err), THUMBS_NOT_WRITABLE);
    cr_expect(strstr(err.message, "it stays in '.thumbs-r.part'") != NULL, "%s", err.message);
    expect_text("r", "mine");
    expect_text(".thumbs-r.part", report);
}

Test(outfile, keeps_the_mode)
{
    struct th_outfile file;
    struct thumbs_error err = {0};
    struct stat st;
    put("r", report);
    cr_assert_eq(chmod("r", 0640), 0);
    begin(&file, "r");
    cr_expect_eq(th_outfile_commit(&file, &err), THUMBS_OK);
    cr_assert_eq(stat("r", &st), 0);
    cr_expect_eq(st.st_mode & 07777u, 0640u);
}

Test(outfile, names_of_any_length)
{
    char name[NAME_MAX + 2];
    struct th_outfile file;
    struct thumbs_error err = {0};
    for (size_t len = NAME_MAX - 20; len <= NAME_MAX; len++) {
        memset(name, 'x', len);
        name[len] = '\0';
        begin(&file, name);
        cr_expect_eq(th_outfile_commit(&file, &err), THUMBS_OK, "%zu: %s", len, err.message);
        expect_text(name, report);
    }
    memset(name, 'x', NAME_MAX + 1);
    name[NAME_MAX + 1] = '\0';
    cr_expect_eq(plan(&file, name, &err), THUMBS_NOT_WRITABLE);
    th_outfile_finish(&file);
}

/* ---- refused ---- */

Test(outfile, foreign_files)
{
    put("mine", "mine");
    put("empty", "");
    put("photos/a.jpg", "\xff\xd8");
    cr_assert_eq(symlink("mine", "link"), 0);
    cr_assert_eq(symlink("nowhere", "dangling"), 0);
    cr_assert_eq(symlink("photos", "way"), 0);
    expect_refused("mine", "--overwrite");
    expect_refused("link", "symbolic link");
    expect_refused("dangling", "symbolic link");
    expect_refused("photos", "is a folder");
    expect_refused("way", "is a folder");
    expect_refused("new/", "folder");
    expect_refused("/", "folder");
    expect_refused(".", "folder");
    expect_refused("photos/a.jpg", "lies in a SOURCE");
    expect_refused("way/new", "lies in a SOURCE");
    struct th_outfile file;
    struct thumbs_error err = {0};
    cr_expect_eq(plan(&file, "empty", &err), THUMBS_OK, "%s", err.message);
    th_outfile_finish(&file);
}

Test(outfile, overwrite_spares_sources)
{
    const struct th_outfile_guard bold = {
        .sources = &source, .n_sources = 1, .list = "list", .overwrite = true};
    const struct {
        const char *name;
        enum thumbs_code code;
    } cases[] = {
        {"mine", THUMBS_OK},         {"link", THUMBS_OK},       {"photos/a.jpg", THUMBS_USAGE},
        {"photos/l", THUMBS_USAGE},  {"photos/new", THUMBS_OK}, {"list", THUMBS_USAGE},
        {"same-list", THUMBS_USAGE}, {"photos", THUMBS_USAGE},  {"photos/report", THUMBS_OK}};
    put("mine", "mine");
    put("list", "a.jpg\n");
    put("photos/a.jpg", "\xff\xd8");
    put("photos/report", report);
    cr_assert_eq(symlink("mine", "link"), 0);
    cr_assert_eq(symlink("../mine", "photos/l"), 0);
    cr_assert_eq(link("list", "same-list"), 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct th_outfile file;
        struct thumbs_error err = {0};
        cr_expect_eq(
            th_outfile_plan(&file, cases[i].name, "report", th_report_is_json, &bold, &err),
            cases[i].code, "%s: %s", cases[i].name, err.message);
        th_outfile_finish(&file);
    }
    struct th_outfile file;
    struct thumbs_error err = {0};
    cr_assert_eq(th_outfile_plan(&file, "link", "report", th_report_is_json, &bold, &err),
                 THUMBS_OK);
    cr_assert_eq(th_outfile_open(&file, &err), THUMBS_OK);
    cr_expect_eq(th_outfile_commit(&file, &err), THUMBS_OK);
    expect_text("mine", "mine");
    expect_text("link", "");
}

Test(outfile, one_name_twice)
{
    static const char *const names[][2] = {
        {"r", "r"}, {"r", "./r"}, {"r", "photos/../r"}, {"-", "/dev/stdout"}, {"fifo", "./fifo"}};
    struct th_outfile a, b;
    struct thumbs_error err = {0};
    cr_assert_eq(mkfifo("fifo", 0666), 0);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        cr_assert_eq(plan(&a, names[i][0], &err), THUMBS_OK, "%s", err.message);
        cr_assert_eq(plan(&b, names[i][1], &err), THUMBS_OK, "%s", err.message);
        cr_expect(th_outfile_is_same(&a, &b), "%s %s", names[i][0], names[i][1]);
        th_outfile_finish(&b);
        cr_assert_eq(plan(&b, "other", &err), THUMBS_OK);
        cr_expect_not(th_outfile_is_same(&a, &b));
        th_outfile_finish(&a);
        th_outfile_finish(&b);
    }
    cr_assert_eq(plan(&a, "/dev/null", &err), THUMBS_OK, "%s", err.message);
    cr_assert_eq(plan(&b, "/dev/null", &err), THUMBS_OK);
    cr_expect_not(th_outfile_is_same(&a, &b), "a device can be shared");
    th_outfile_finish(&a);
    th_outfile_finish(&b);
}

Test(outfile, a_descriptor_is_used_as_it_is)
{
    struct th_outfile file;
    struct thumbs_error err = {0};
    char name[32];
    put("log", "old\n");
    const int fd = open("log", O_WRONLY | O_APPEND);
    snprintf(name, sizeof name, "/dev/fd/%d", fd);
    begin(&file, name);
    cr_expect_eq(th_outfile_commit(&file, &err), THUMBS_OK);
    cr_expect_eq(write(fd, "new\n", 4), 4, "it is still open");
    close(fd);
    expect_text("log", "old\n{\"source\":\"a.jpg\",\"status\":\"done\"}\nnew\n");
    cr_expect_eq(plan(&file, name, &err), THUMBS_NOT_WRITABLE, "it is closed");
    th_outfile_finish(&file);
}
