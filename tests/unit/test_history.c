/* SPDX-License-Identifier: MIT */
/* What the commit room believes of the past: whose a file is, which recipe made it, and manifests
 * that were damaged. */
#include <criterion/criterion.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/sys.h"
#include "commit/dest.h"
#include "commit/dest_internal.h"
#include "commit/maker_mark.h"
#include "commit/manifest.h"
#include "commit/output_folder.h"
#include "commit/write.h"

/* ---- helpers ---- */

static char scratch[64], dest_path[96]; /* of this test alone; each test is a process of its own */

static void run_command(const char *const argv[])
{
    pid_t pid = fork();
    if (pid == 0) {
        execvp(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    int status = -1;
    waitpid(pid, &status, 0);
    cr_assert_eq(status, 0, "%s", argv[0]);
}

static void setup(void)
{
    const char *tmp = getenv("TMPDIR");
    snprintf(scratch, sizeof scratch, "%.30s/thumbs-history-XXXXXX",
             tmp && strlen(tmp) <= 30 ? tmp : "/tmp");
    cr_assert(mkdtemp(scratch));
    snprintf(dest_path, sizeof dest_path, "%s/dest", scratch);
    umask(022);
}

static void teardown(void)
{
    run_command((const char *const[]){"rm", "-rf", "--", scratch, NULL});
}

TestSuite(history, .init = setup, .fini = teardown, .timeout = 60);
TestSuite(mark, .init = setup, .fini = teardown, .timeout = 20);

static void below(char *path, size_t size, const char *name)
{
    snprintf(path, size, "%s/%s", dest_path, name);
}

static struct th_dest *open_dest(uint64_t fingerprint)
{
    struct th_dest *dest = NULL;
    struct thumbs_error err = {0};
    const struct th_dest_options options = {.path = dest_path, .fingerprint = fingerprint};
    cr_assert_eq(th_dest_create(&options, &dest, &err), THUMBS_OK, "%s", err.message);
    return dest;
}

static void put_file(const char *name, const char *text)
{
    char path[256];
    below(path, sizeof path, name);
    FILE *f = fopen(path, "w");
    cr_assert(f, "%s: %s", path, strerror(errno));
    fputs(text, f);
    fclose(f);
}

static size_t get_file(const char *name, char *content, size_t size)
{
    char path[256];
    below(path, sizeof path, name);
    FILE *f = fopen(path, "r");
    if (!f) return 0;
    size_t n = fread(content, 1, size - 1, f);
    content[n] = '\0';
    fclose(f);
    return n;
}

static bool holds(const char *name, const char *text)
{
    char content[4096];
    return get_file(name, content, sizeof content) == strlen(text) && strcmp(content, text) == 0;
}

static bool exists(const char *name)
{
    char path[256];
    struct stat st;
    below(path, sizeof path, name);
    return lstat(path, &st) == 0;
}

static void remove_state(void)
{
    char path[256];
    below(path, sizeof path, ".thumbs");
    run_command((const char *const[]){"rm", "-rf", "--", path, NULL});
}

static const struct th_source_id source = {
    .size = 1000, .mtime_sec = 1600000001, .ctime_sec = 1600000002, .inode = 3};

/* Texts are no pictures, so they bear no mark: only the manifest knows them. */
static enum thumbs_code make(uint64_t fingerprint, const char *name, bool whole,
                             const struct th_source_id *id, const char *path, const char *text,
                             struct thumbs_error *err)
{
    struct th_dest *dest = open_dest(fingerprint);
    struct th_output_folder *place = th_output_folder_create(dest, "");
    const struct th_commit_output output = {
        .path = path, .data = (const uint8_t *)text, .len = strlen(text)};
    cr_assert(place);
    enum thumbs_code code = th_write_outputs(place, name, whole, id, &output, 1, err);
    th_output_folder_destroy(place);
    th_dest_destroy(dest);
    return code;
}

static enum th_known ask(uint64_t fingerprint, const char *name, bool whole,
                         const struct th_source_id *id)
{
    struct th_dest *dest = open_dest(fingerprint);
    struct th_output_folder *place = th_output_folder_create(dest, "");
    enum th_known known = th_history_lookup(place, name, whole, id);
    th_output_folder_destroy(place);
    th_dest_destroy(dest);
    return known;
}

/* The manifest of the top. */
static const char *manifest_name(void)
{
    static char name[64];
    snprintf(name, sizeof name, ".thumbs/made/%016llx", (unsigned long long)th_hash64("", 0, 0));
    return name;
}

static int count_lines(void)
{
    char content[65536];
    size_t len = get_file(manifest_name(), content, sizeof content);
    int n = 0;
    for (size_t i = 0; i < len; i++)
        n += content[i] == '\n';
    return n;
}

/* ---- the mark ---- */

static const uint8_t jpeg[] =
    "\xff\xd8\xff\xe0\x00\x10JFIF\0\1\1\0\0\1\0\1\0\0\xff\xdb\x00\x43 and so on";
static const uint8_t bare_jpeg[] = "\xff\xd8\xff\xdb\x00\x43 and so on";
static const uint8_t png[] =
    "\x89PNG\r\n\x1a\n\0\0\0\rIHDR0123456789abc----\0\0\0\0IDAT----and so on";
static const uint8_t webp[] = "RIFF\x16\0\0\0WEBPVP8 \x0a\0\0\0and so on.";
static const uint8_t odd_webp[] = "RIFF\x17\0\0\0WEBPVP8 \x0a\0\0\0and so on.";

static size_t mark(const uint8_t *data, size_t len, uint8_t out[256])
{
    struct th_mark m;
    th_mark_make(data, len, &m);
    memcpy(out, m.front, m.front_len);
    memcpy(out + m.front_len, data + m.skip, len - m.skip);
    memcpy(out + m.front_len + len - m.skip, m.back, m.back_len);
    cr_expect_eq(th_mark_len(data, len), m.front_len + len - m.skip + m.back_len);
    return m.front_len + len - m.skip + m.back_len;
}

static bool is_marked(const uint8_t *data, size_t len)
{
    char path[128];
    snprintf(path, sizeof path, "%s/file", scratch);
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    cr_assert(fd >= 0 && write(fd, data, len) == (ssize_t)len && lseek(fd, 0, SEEK_SET) == 0);
    bool is = th_mark_is_in(fd, len);
    close(fd);
    return is;
}

Test(mark, is_put_in_and_found_again)
{
    static const struct {
        const uint8_t *data;
        size_t len, more, at;
    } cases[] = {{jpeg, sizeof jpeg - 1, 18, 20},
                 {bare_jpeg, sizeof bare_jpeg - 1, 18, 2},
                 {png, sizeof png - 1, 27, 33},
                 {webp, sizeof webp - 1, 14, sizeof webp - 1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t out[256];
        size_t len = mark(cases[i].data, cases[i].len, out), at = cases[i].at, more = cases[i].more;
        cr_assert_eq(len, cases[i].len + more, "%zu", i);
        size_t same_from = i == 3 ? 8 : 0; /* WebP tells its length in the first bytes */
        cr_expect_eq(memcmp(out + same_from, cases[i].data + same_from, at - same_from), 0, "%zu",
                     i);
        cr_expect_eq(memcmp(out + at + more, cases[i].data + at, cases[i].len - at), 0, "%zu", i);
        cr_expect(is_marked(out, len), "%zu", i);
        cr_expect_not(is_marked(cases[i].data, cases[i].len), "%zu", i);
        for (size_t cut = 0; cut < len;
             cut++) /* any bytes are fine; and what is cut behind the mark is still ours */
            cr_expect_eq(is_marked(out, cut), i < 3 && cut >= at + more, "%zu, %zu", i, cut);
    }
    uint8_t out[256];
    cr_expect_eq(mark(webp, sizeof webp - 1, out), sizeof webp - 1 + 14);
    cr_expect_eq(out[4], 0x16 + 14);
}

Test(mark, leaves_alone_what_it_does_not_understand)
{
    static const uint8_t odd_app0[] = "\xff\xd8\xff\xe0\x00\x12JFIF and so on and so on";
    uint8_t out[256];
    cr_expect_eq(mark(odd_webp, sizeof odd_webp - 1, out), sizeof odd_webp - 1);
    cr_expect_eq(mark(odd_app0, sizeof odd_app0 - 1, out), sizeof odd_app0 - 1);
    cr_expect_eq(mark((const uint8_t *)"text", 4, out), 4);
    cr_expect_eq(mark((const uint8_t *)"\xff\xd8\xff", 3, out), 3);
    for (size_t len = 0; len < 34; len++)
        cr_expect_eq(mark(png, len, out), len == 34 ? len + 27 : len);
}

/* ---- whose is it? ---- */

Test(history, file_of_the_user_is_not_replaced)
{
    struct thumbs_error err = {0};
    th_dest_destroy(open_dest(5));
    put_file("x.jpg", "mine");
    cr_expect_eq(make(5, "x.png", false, &source, "x.jpg", "ours", &err), THUMBS_NOT_OURS);
    cr_expect_eq(err.stage, THUMBS_STAGE_WRITE);
    cr_expect(strstr(err.message, "'x.jpg'") && strstr(err.message, "--overwrite"), "%s",
              err.message);
    cr_expect(holds("x.jpg", "mine"));
    cr_expect_eq(ask(5, "x.png", false, &source), TH_KNOWN_NOTHING);
    /* Nor one that took the place of ours, of the same length or the same time. */
    cr_expect_eq(make(5, "y.png", false, &source, "y.jpg", "ours", NULL), THUMBS_OK);
    put_file("y.jpg", "mine");
    cr_expect_eq(make(5, "y.png", false, &source, "y.jpg", "new", NULL), THUMBS_NOT_OURS);
    put_file("y.jpg", "is mine");
    struct timespec times[2] = {{.tv_sec = source.mtime_sec}, {.tv_sec = source.mtime_sec}};
    char path[128];
    below(path, sizeof path, "y.jpg");
    cr_assert_eq(utimensat(AT_FDCWD, path, times, 0), 0);
    cr_expect_eq(make(5, "y.png", false, &source, "y.jpg", "new", NULL), THUMBS_NOT_OURS);
    cr_expect(holds("y.jpg", "is mine"));
    /* An empty file holds nothing. */
    put_file("x.jpg", "");
    cr_expect_eq(make(5, "x.png", false, &source, "x.jpg", "ours", NULL), THUMBS_OK);
    cr_expect(holds("x.jpg", "ours"));
}

Test(history, special_files_are_not_ours)
{
    char path[128];
    th_dest_destroy(open_dest(5));
    below(path, sizeof path, "x.jpg");
    cr_assert_eq(mkfifo(path, 0600), 0);
    cr_expect_eq(make(5, "x.png", false, &source, "x.jpg", "ours", NULL), THUMBS_NOT_OURS);
    struct stat st;
    cr_expect(lstat(path, &st) == 0 && S_ISFIFO(st.st_mode));
}

Test(history, one_output_that_is_not_ours_keeps_all_back)
{
    struct thumbs_error err = {0};
    struct th_dest *dest = open_dest(5);
    struct th_output_folder *place = th_output_folder_create(dest, "");
    put_file("y.jpg", "mine");
    const struct th_commit_output outputs[2] = {
        {.path = "x.jpg", .data = (const uint8_t *)"x", .len = 1},
        {.path = "y.jpg", .data = (const uint8_t *)"y", .len = 1}};
    cr_expect_eq(th_write_outputs(place, "x", false, &source, outputs, 2, &err), THUMBS_NOT_OURS);
    cr_expect_not(exists("x.jpg"));
    dest->overwrite = true;
    cr_expect_eq(th_write_outputs(place, "x", false, &source, outputs, 2, &err), THUMBS_OK);
    cr_expect(holds("x.jpg", "x") && holds("y.jpg", "y"));
    th_output_folder_destroy(place);
    th_dest_destroy(dest);
}

/* Somebody puts a file there just while the output is written. A whole one: an empty one holds
 * nothing, and may be replaced. */
Test(history, file_that_appears_meanwhile_is_not_replaced)
{
    enum { LEN = 16 << 20 };
    uint8_t *data = calloc(1, LEN);
    char path[128], theirs[128];
    int n_met = 0;
    struct th_dest *dest = open_dest(5);
    struct th_output_folder *place = th_output_folder_create(dest, "");
    const struct th_commit_output output = {.path = "x.jpg", .data = data, .len = LEN};
    below(path, sizeof path, "x.jpg");
    below(theirs, sizeof theirs, "theirs");
    put_file("theirs", "mine");
    for (int round = 0; round < 20 && n_met < 2; round++) {
        unlink(path);
        pid_t pid = fork();
        if (pid == 0) {
            alarm(20);
            for (;;) {
                bool writing = false;
                DIR *list = opendir(dest_path);
                for (struct dirent *e; list && (e = readdir(list));)
                    writing |= strncmp(e->d_name, ".thumbs-", 8) == 0;
                if (list) closedir(list);
                if (!writing) continue;
                _exit(link(theirs, path) == 0 ? 1 : 0);
            }
        }
        usleep(20000);
        enum thumbs_code code = th_write_outputs(place, "x.png", false, &source, &output, 1, NULL);
        int status = 0;
        kill(pid, code == THUMBS_OK ? SIGKILL : 0);
        waitpid(pid, &status, 0);
        bool put = WIFEXITED(status) && WEXITSTATUS(status) == 1;
        if (put)
            cr_expect(code == THUMBS_NOT_OURS && holds("x.jpg", "mine"), "round %d: %d", round,
                      code);
        n_met += put;
    }
    if (n_met == 0) cr_log_warn("no round met the moment between");
    th_output_folder_destroy(place);
    th_dest_destroy(dest);
    free(data);
}

Test(history, ours_is_known_without_the_memory)
{
    const char *const first = "\xff\xd8\xff\xdb first", *const second = "\xff\xd8\xff\xdb another";
    cr_expect_eq(make(5, "x.png", false, &source, "x.jpg", first, NULL), THUMBS_OK);
    remove_state();
    cr_expect_eq(make(5, "x.png", false, &source, "x.jpg", second, NULL), THUMBS_OK);
    remove_state();
    put_file("x.jpg", second + 1); /* no JPEG, no mark */
    cr_expect_eq(make(5, "x.png", false, &source, "x.jpg", first, NULL), THUMBS_NOT_OURS);
    /* Another source may have had it. */
    cr_expect_eq(make(5, "y.png", false, &source, "y.jpg", "text", NULL), THUMBS_OK);
    cr_expect_eq(make(5, "y.gif", false, &source, "y.jpg", "other", NULL), THUMBS_OK);
}

/* ---- several recipes ---- */

Test(history, recipes_share_dest)
{
    cr_expect_eq(make(0xa, "x.png", false, &source, "x-s.jpg", "small", NULL), THUMBS_OK);
    cr_expect_eq(make(0xb, "x.png", false, &source, "x-l.jpg", "large", NULL), THUMBS_OK);
    cr_expect_eq(ask(0xa, "x.png", false, &source), TH_KNOWN_UP_TO_DATE);
    cr_expect_eq(ask(0xb, "x.png", false, &source), TH_KNOWN_UP_TO_DATE);
    /* A third makes what the first had, of the same length. */
    cr_expect_eq(make(0xc, "x.png", false, &source, "x-s.jpg", "SMALL", NULL), THUMBS_OK);
    cr_expect_eq(ask(0xa, "x.png", false, &source), TH_KNOWN_NOTHING);
    cr_expect_eq(ask(0xb, "x.png", false, &source), TH_KNOWN_UP_TO_DATE);
    cr_expect_eq(ask(0xc, "x.png", false, &source), TH_KNOWN_UP_TO_DATE);
    /* So does another source, of the same time. */
    struct th_source_id other = source;
    other.inode++;
    cr_expect_eq(make(0xc, "y.png", false, &other, "x-l.jpg", "LARGE", NULL), THUMBS_OK);
    cr_expect_eq(ask(0xb, "x.png", false, &source), TH_KNOWN_NOTHING);
    cr_expect_eq(ask(0xc, "y.png", false, &other), TH_KNOWN_UP_TO_DATE);
}

/* The last line that lists an output has it, though no line says that the one before is over. */
Test(history, output_belongs_to_the_last_that_made_it)
{
    char content[4096], kept_lines[4096] = "";
    cr_expect_eq(make(0xa, "x.png", false, &source, "x.jpg", "made with A", NULL), THUMBS_OK);
    cr_expect_eq(make(0xb, "x.png", false, &source, "x.jpg", "made with B", NULL), THUMBS_OK);
    get_file(manifest_name(), content, sizeof content);
    for (char *line = strtok(content, "\n"); line; line = strtok(NULL, "\n")) {
        if (strncmp(line, "f ", 2) == 0) continue;
        strcat(kept_lines, line);
        strcat(kept_lines, "\n");
    }
    cr_assert_eq(count_lines(), 4, "%d", count_lines());
    put_file(manifest_name(), kept_lines);
    cr_assert_eq(count_lines(), 3);
    cr_expect_eq(ask(0xa, "x.png", false, &source), TH_KNOWN_NOTHING);
    cr_expect_eq(ask(0xb, "x.png", false, &source), TH_KNOWN_UP_TO_DATE);
}

/* The recipes are told apart by their keys; those that wrote last stay. */
Test(history, recipes_are_bounded)
{
    char path[32];
    for (unsigned round = 0; round < 200; round++) {
        snprintf(path, sizeof path, "x-%u.jpg", round);
        cr_assert_eq(make(100 + round, "x.png", false, &source, path, "text", NULL), THUMBS_OK);
    }
    cr_expect_lt(count_lines(), 140, "%d", count_lines());
    for (unsigned round = 200 - TH_MANIFEST_RECIPES; round < 200; round++)
        cr_expect_eq(ask(100 + round, "x.png", false, &source), TH_KNOWN_UP_TO_DATE, "%u", round);
    cr_expect_eq(ask(100, "x.png", false, &source), TH_KNOWN_NOTHING);
    /* Options that change each time, with one name: nothing piles up either. */
    for (unsigned round = 0; round < 200; round++)
        cr_assert_eq(make(1000 + round, "y.png", false, &source, "y.jpg", "text", NULL), THUMBS_OK);
    cr_expect_lt(count_lines(), 180, "%d", count_lines());
}

/* ---- names on record ---- */

static bool kept(const char *name, bool *whole, bool *same_options)
{
    struct th_dest *dest = open_dest(5);
    struct th_output_folder *place = th_output_folder_create(dest, "");
    bool is = th_history_kept_name(place, name, whole, same_options);
    th_output_folder_destroy(place);
    th_dest_destroy(dest);
    return is;
}

Test(history, keeps_names)
{
    bool whole = true, same = true;
    struct th_bytes owner = {0};
    cr_expect_not(kept("a.jpg", &whole, &same));
    cr_expect_eq(make(5, "a.jpg", false, &source, "a.jpg", "text", NULL), THUMBS_OK);
    cr_expect_eq(make(6, "b.jpg", true, &source, "b.jpg.jpg", "text", NULL), THUMBS_OK);
    cr_expect(kept("a.jpg", &whole, &same) && !whole && same);
    cr_expect(kept("b.jpg", &whole, &same) && whole && !same, "whatever the options were");
    cr_expect_not(kept("a.png", &whole, &same));
    struct th_dest *dest = open_dest(5);
    struct th_output_folder *place = th_output_folder_create(dest, "");
    cr_expect(th_history_owner(place, "a.jpg", "a.png", &owner));
    cr_expect_str_eq(th_bytes_str(&owner), "a.jpg");
    th_bytes_finish(&owner);
    cr_expect_not(th_history_owner(place, "a.jpg", "a.jpg", &owner));
    th_bytes_finish(&owner);
    cr_expect_not(th_history_owner(place, "c.jpg", "a.jpg", &owner));
    th_bytes_finish(&owner);
    th_output_folder_destroy(place);
    th_dest_destroy(dest);
    /* The name has gone to another source. */
    cr_expect_eq(make(5, "a.png", false, &source, "a.jpg", "text", NULL), THUMBS_OK);
    cr_expect(kept("a.png", &whole, &same) && !whole);
    cr_expect_not(kept("a.jpg", &whole, &same));
}

/* ---- other manifests ---- */

Test(history, manifest_of_version_1_says_whose_outputs_are)
{
    char path[128], content[4096], old[512];
    struct timespec times[2] = {{.tv_sec = source.mtime_sec}, {.tv_sec = source.mtime_sec}};
    th_dest_destroy(open_dest(5));
    below(path, sizeof path, ".thumbs/made");
    cr_assert_eq(mkdir(path, 0777), 0);
    snprintf(old, sizeof old,
             "thumbs-manifest 1 /\n0000000000000005 1000 1600000001.000000000 m 0 x.png x.jpg ;\n"
             "0000000000000005 1000 1600000001.000000000 m 1 y%%20.png y%%20.png.jpg ;\n"
             "0000000000000005 1000 1600000001.000000000 x 0 z.png crashed decode 0 why ;\n"
             "v0.1 1000 1600000001.000000000 n 0 n.png ;\nrubbish ;\n0000000000000005 1000 "
             "1600000001.0000");
    put_file(manifest_name(), old);
    put_file("x.jpg", "by an earlier version");
    put_file("y .png.jpg", "by an earlier version");
    put_file("z.jpg", "mine");
    for (int i = 0; i < 2; i++) {
        below(path, sizeof path, i ? "x.jpg" : "y .png.jpg");
        cr_assert_eq(utimensat(AT_FDCWD, path, times, 0), 0);
    }
    bool whole = false, same = false;
    cr_expect_eq(ask(5, "x.png", false, &source), TH_KNOWN_NOTHING,
                 "too little is known to call it up to date");
    cr_expect(kept("y .png", &whole, &same) && whole);
    cr_expect(holds(manifest_name(), old), "reading replaces nothing");
    cr_expect_eq(make(5, "x.png", false, &source, "x.jpg", "new", NULL), THUMBS_OK);
    cr_expect_eq(make(5, "z.png", false, &source, "z.jpg", "new", NULL), THUMBS_NOT_OURS);
    get_file(manifest_name(), content, sizeof content);
    cr_expect(strncmp(content, TH_MANIFEST_MAGIC "\n", strlen(TH_MANIFEST_MAGIC) + 1) == 0);
    cr_expect_eq(ask(5, "x.png", false, &source), TH_KNOWN_UP_TO_DATE);
    /* The others were not lost with it. */
    cr_expect_eq(make(5, "y .png", true, &source, "y .png.jpg", "new", NULL), THUMBS_OK);
    cr_expect_eq(ask(5, "y .png", true, &source), TH_KNOWN_UP_TO_DATE);
}

/* cp -al makes a copy of DEST whose files are the same files: neither may write into the other's
 * memory. */
Test(history, copy_made_of_links_has_its_own_memory)
{
    char copy[128], path[256], before[4096], after[4096];
    cr_expect_eq(make(5, "x.png", false, &source, "x.jpg", "text", NULL), THUMBS_OK);
    snprintf(copy, sizeof copy, "%s/copy", scratch);
    run_command((const char *const[]){"cp", "-al", dest_path, copy, NULL});
    size_t len = get_file(manifest_name(), before, sizeof before);
    cr_expect_eq(make(5, "y.png", false, &source, "y.jpg", "text", NULL), THUMBS_OK);
    cr_expect_gt(get_file(manifest_name(), after, sizeof after), len);
    snprintf(path, sizeof path, "../copy/%s", manifest_name());
    cr_expect_eq(get_file(path, after, sizeof after), len);
    cr_expect_str_eq(after, before);
    cr_expect_eq(ask(5, "x.png", false, &source), TH_KNOWN_UP_TO_DATE);
    cr_expect_eq(ask(5, "y.png", false, &source), TH_KNOWN_UP_TO_DATE);
}

/* ---- damage ---- */

enum { N_SOURCES = 10, N_RECIPES = 3, N_TIMES = 5, MOST = 16384 };

/* Each bit of a line counts: none can flip without the line being lost. */
Test(history, any_flipped_bit_costs_its_line)
{
    struct th_manifest m = {0};
    struct th_bytes text = {0};
    struct th_manifest_record record;
    cr_assert(th_manifest_begin(&m, 1, "a"));
    th_bytes_add(&text, m.header.data, m.header.len);
    th_manifest_begin_line(&text, TH_MANIFEST_MADE, "0123456789abcdef", &source, NULL, false,
                           "x y.png");
    th_bytes_adds(&text, " 26:x%20y.jpg 1234:/small/x%20y.jpg");
    th_manifest_end_line(&text, m.header.len, m.seed);
    for (size_t bit = 0; bit <= 8 * text.len; bit++) {
        char *copy = th_alloc(text.len);
        memcpy(copy, text.data, text.len);
        if (bit < 8 * text.len) copy[bit / 8] ^= (char)(1 << bit % 8);
        cr_assert(th_manifest_adopt(&m, copy, text.len));
        bool found = th_manifest_find(&m, "x y.png", "0123456789abcdef", &record);
        cr_expect_eq(found, bit == 8 * text.len, "bit %zu of byte %zu", bit % 8, bit / 8);
        cr_expect(found || !th_manifest_find_made(&m, "x y.png", &record));
        m.foreign = m.broken = false;
    }
    th_bytes_finish(&text);
    th_manifest_finish(&m);
}

/* Recipe 2 has names of its own, the others share theirs. What is made tells of what and how, at
 * different lengths. */
static void name_output(char path[32], unsigned recipe, unsigned i)
{
    snprintf(path, 32, "%u%s.jpg", i, recipe == 2 ? "-l" : "");
}

static unsigned n_changes[N_SOURCES]; /* of each source, up to now */

static void write_text(char text[128], unsigned recipe, unsigned i)
{
    snprintf(text, 128, "recipe %u, source %u, state %u %.*s", recipe, i, n_changes[i],
             (int)(recipe * 7 + i % 3), "---------------------");
}

static struct th_source_id id_of(unsigned i)
{
    return (struct th_source_id){.size = 100 + i,
                                 .mtime_sec = 1600000000 + (int)(n_changes[i] / 2),
                                 .ctime_sec = 1600000000 + (int)n_changes[i],
                                 .inode = i + 1};
}

/* A run with this recipe over every `step`-th source: makes what is not up to date. Returns the
 * number of those that are said to be and are not. */
static unsigned run(unsigned recipe, unsigned step)
{
    struct th_dest *dest = open_dest(recipe + 1);
    struct th_output_folder *place = th_output_folder_create(dest, "");
    unsigned n_lies = 0;
    dest->overwrite = true; /* the texts bear no mark */
    for (unsigned i = 0; i < N_SOURCES; i += step) {
        char name[32], path[32], text[128];
        struct th_source_id id = id_of(i);
        snprintf(name, sizeof name, "%u.png", i);
        name_output(path, recipe, i);
        write_text(text, recipe, i);
        const struct th_commit_output output = {
            .path = path, .data = (const uint8_t *)text, .len = strlen(text)};
        if (th_history_lookup(place, name, false, &id) == TH_KNOWN_UP_TO_DATE)
            n_lies += !holds(path, text);
        else
            cr_assert_eq(th_write_outputs(place, name, false, &id, &output, 1, NULL), THUMBS_OK);
    }
    th_output_folder_destroy(place);
    th_dest_destroy(dest);
    return n_lies;
}

static uint64_t random_state;
static size_t random_below(size_t n)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return n ? (size_t)(random_state >> 11) % n : 0;
}

struct text {
    char data[MOST];
    size_t len;
};

static void add(struct text *to, const char *data, size_t len)
{
    if (len > MOST - 1 - to->len) len = MOST - 1 - to->len;
    memcpy(to->data + to->len, data, len);
    to->len += len;
}

/* A line of a text, with its newline, from a random place on. */
static size_t pick_line(const struct text *from, const char **line)
{
    size_t at = random_below(from->len);
    while (at > 0 && from->data[at - 1] != '\n')
        at--;
    const char *end = memchr(from->data + at, '\n', from->len - at);
    *line = from->data + at;
    return end ? (size_t)(end - *line) + 1 : from->len - at;
}

/* Damage t, of which `times` are earlier states. */
static void damage(struct text *t, const struct text *times)
{
    static struct text result;
    const struct text *other = &times[random_below(N_TIMES)];
    const char *line;
    size_t a = random_below(t->len), b = random_below(t->len), len;
    result.len = 0;
    switch (random_below(9)) {
    case 0: /* the tail is lost */
        t->len = a;
        return;
    case 1: /* an older copy is back */
        *t = *other;
        return;
    case 2: /* bits */
        for (size_t n = random_below(8) + 1; n > 0; n--)
            t->data[random_below(t->len)] ^= (char)(1 << random_below(8));
        return;
    case 3: /* doubled */
        add(&result, t->data, t->len);
        add(&result, t->data, t->len);
        break;
    case 4: /* cut in half, one half of another time */
        add(&result, other->data, other->len / 2);
        add(&result, t->data + t->len / 2, t->len - t->len / 2);
        break;
    case 5: /* lines of another time spliced in */
        for (size_t n = random_below(6) + 1; n > 0; n--) {
            len = pick_line(other, &line);
            add(t, line, len);
        }
        return;
    case 6: /* lines shuffled */
        add(&result, t->data, (size_t)((char *)memchr(t->data, '\n', t->len) - t->data) + 1);
        for (int n = 0; n < 40; n++) {
            len = pick_line(t, &line);
            add(&result, line, len);
        }
        break;
    case 7: /* a hole of zeros, as after a power cut */
        if (a > b) {
            len = a;
            a = b;
            b = len;
        }
        memset(t->data + a, 0, b - a);
        return;
    default: /* a part is gone */
        if (a > b) {
            len = a;
            a = b;
            b = len;
        }
        add(&result, t->data, a);
        add(&result, t->data + b, t->len - b);
    }
    *t = result;
}

static void save(struct text *t)
{
    t->len = get_file(manifest_name(), t->data, MOST);
}

Test(history, damaged_manifests_never_lie, .timeout = 120)
{
    enum { N_ROUNDS = 300 };
    static struct text times[N_TIMES], now;
    char saved[128], path[256];
    unsigned n_unknown = 0;
    for (unsigned t = 0; t < N_TIMES; t++) {
        cr_assert_eq(run(t % N_RECIPES, t % 2 + 1), 0);
        save(&times[t]);
        n_changes[t] += 1 + t % 2; /* with and without another mtime */
    }
    snprintf(saved, sizeof saved, "%s/saved", scratch);
    run_command((const char *const[]){"cp", "-a", dest_path, saved, NULL});
    for (unsigned round = 1; round <= N_ROUNDS; round++) {
        /* Now and then from the beginning, mostly from where the round before ended. */
        if (round % 25 == 0) {
            run_command((const char *const[]){"rm", "-rf", "--", dest_path, NULL});
            run_command((const char *const[]){"cp", "-a", saved, dest_path, NULL});
        }
        random_state = round * UINT64_C(0x9e3779b97f4a7c15);
        save(&now);
        for (size_t n = random_below(3) + 1; n > 0 && now.len > 0; n--)
            damage(&now, times);
        below(path, sizeof path, manifest_name());
        FILE *f = fopen(path, "w");
        cr_assert(f && fwrite(now.data, 1, now.len, f) == now.len);
        fclose(f);
        unsigned first = (unsigned)random_below(N_RECIPES);
        for (unsigned k = 0; k < N_RECIPES; k++)
            cr_assert_eq(run((first + k) % N_RECIPES, 1), 0, "round %u", round);
        /* It is complete now, and known to be. */
        unsigned last = (first + N_RECIPES - 1) % N_RECIPES;
        struct th_dest *dest = open_dest(last + 1);
        struct th_output_folder *place = th_output_folder_create(dest, "");
        for (unsigned i = 0; i < N_SOURCES; i++) {
            char name[32], output[32], text[128];
            struct th_source_id id = id_of(i);
            snprintf(name, sizeof name, "%u.png", i);
            name_output(output, last, i);
            write_text(text, last, i);
            cr_assert(holds(output, text), "round %u, source %u", round, i);
            n_unknown +=
                th_history_lookup(place, name, false, &id) != TH_KNOWN_UP_TO_DATE && i == 0;
        }
        th_output_folder_destroy(place);
        th_dest_destroy(dest);
    }
    /* One whose first line became that of another folder is left alone, and remembers nothing. */
    cr_expect_lt(n_unknown, N_ROUNDS / 10, "%u", n_unknown);
}

/* ---- facts ---- */

Test(history, facts_of_a_line_are_read_back_and_never_believed_half)
{
    static const struct {
        const char *text;
        uint64_t content;
        enum thumbs_format format;
        uint32_t width;
        bool has_time;
    } cases[] = {
        {",h00000000000000ff,sjpeg-3x4,t-5.000000007:x,h1111111111111111", 255, THUMBS_FORMAT_JPEG,
         3, true},
        {",h00000000000000f", 0, THUMBS_FORMAT_NONE, 0, false},
        {",h00000000000000fff", 0, THUMBS_FORMAT_NONE, 0, false},
        {",hxxxxxxxxxxxxxxxx", 0, THUMBS_FORMAT_NONE, 0, false},
        {",sjpeg-3", 0, THUMBS_FORMAT_NONE, 0, false},
        {",sjpeg-3x99999999999", 0, THUMBS_FORMAT_NONE, 0, false},
        {",snone-3x4", 0, THUMBS_FORMAT_NONE, 0, false},
        {",t12", 0, THUMBS_FORMAT_NONE, 0, false},
        {",q7,,h,,spng-1x1", 0, THUMBS_FORMAT_PNG, 1, false},
        {"", 0, THUMBS_FORMAT_NONE, 0, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct th_manifest_facts facts =
            th_manifest_read_facts(cases[i].text, strlen(cases[i].text));
        cr_expect_eq(facts.content, cases[i].content, "%s", cases[i].text);
        cr_expect_eq(facts.format, cases[i].format, "%s", cases[i].text);
        cr_expect_eq(facts.width, cases[i].width, "%s", cases[i].text);
        cr_expect_eq(facts.has_time, cases[i].has_time, "%s", cases[i].text);
    }
}
