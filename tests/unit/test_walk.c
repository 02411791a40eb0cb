/* SPDX-License-Identifier: MIT */
/* The walk room: the order of a walk, what is passed over, and the rule against equal output
 * names. */
#include "walk/walk.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bytes.h"
#include "walk/list.h"
#include "walk/names.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

/* ---- a file system that misbehaves ----------------------------------------------------------- */

/* Stands in for the C library's, so that tests can have folders that no file system here makes. */
static struct {
    bool no_types; /* all of DT_UNKNOWN */
    bool twice;    /* each lot of names comes twice */
    int fail_call; /* this call (from 1) fails with EIO */
    int fail_each; /* so does each of this many, 0: none */
    int max_names; /* at most so many names a call, 0: no limit */
    int calls;
    bool long_name; /* the first name has 1100 bytes */
    char last[65536];
    ssize_t last_len;
} fs;

ssize_t getdents64(int fd, void *buf, size_t len)
{
    fs.calls++;
    if ((fs.fail_call && fs.calls == fs.fail_call) ||
        (fs.fail_each && fs.calls % fs.fail_each == 0)) {
        errno = EIO;
        return -1;
    }
    if (fs.long_name) {
        struct dirent64 *d = buf;
        fs.long_name = false;
        memset(buf, 0, 1128);
        d->d_reclen = 1128;
        d->d_type = DT_REG;
        memset((char *)buf + offsetof(struct dirent64, d_name), 'n', 1100);
        return 1128;
    }
    if (fs.twice && fs.last_len > 0) {
        ssize_t n = fs.last_len;
        memcpy(buf, fs.last, (size_t)n);
        fs.last_len = 0;
        return n;
    }
    if (fs.max_names && len > (size_t)fs.max_names * 300) len = (size_t)fs.max_names * 300;
    ssize_t n = syscall(SYS_getdents64, fd, buf, len);
    for (ssize_t at = 0; fs.no_types && at < n;) {
        struct dirent64 *d = (struct dirent64 *)(void *)((char *)buf + at);
        d->d_type = DT_UNKNOWN;
        at += d->d_reclen;
    }
    if (fs.twice && n > 0 && (size_t)n <= sizeof fs.last) {
        memcpy(fs.last, buf, (size_t)n);
        fs.last_len = n;
    }
    return n;
}

/* ---- a folder to try things in --------------------------------------------------------------- */

struct box {
    char path[100];
    int fd;
};

static struct box box_make_in(const char *folder)
{
    struct box box;
    snprintf(box.path, sizeof box.path, "%.60s/thumbs-walk-XXXXXX", folder);
    cr_assert(mkdtemp(box.path) != NULL);
    box.fd = open(box.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    cr_assert(box.fd >= 0);
    return box;
}

static struct box box_make(void)
{
    const char *tmp = getenv("TMPDIR");
    return box_make_in(tmp && *tmp ? tmp : "/tmp");
}

/* For ten thousands of files, whose making costs ten times as much on a disk: in memory, if there
 * is room for so many. */
static struct box box_make_large(void)
{
    struct statvfs fs_now;
    const char *memory = "/dev/shm";
    bool fits = statvfs(memory, &fs_now) == 0 && access(memory, W_OK | X_OK) == 0 &&
                (fs_now.f_files == 0 || fs_now.f_favail > 200000) &&
                (uint64_t)fs_now.f_bavail * fs_now.f_frsize > (uint64_t)32 << 20;
    return fits ? box_make_in(memory) : box_make();
}

/* Remove what is in a folder, however deep: what is in a subfolder is moved up until the subfolder
 * is empty. */
static void empty_folder(int fd)
{
    static unsigned long n_moved;
    for (bool found = true; found;) {
        found = false;
        DIR *dir = fdopendir(openat(fd, ".", O_RDONLY | O_DIRECTORY));
        cr_assert(dir != NULL);
        for (struct dirent *d; (d = readdir(dir));) {
            if (!strcmp(d->d_name, ".") || !strcmp(d->d_name, "..")) continue;
            found = true;
            if (!unlinkat(fd, d->d_name, 0) || !unlinkat(fd, d->d_name, AT_REMOVEDIR)) continue;
            fchmodat(fd, d->d_name, 0700, 0);
            DIR *sub = fdopendir(openat(fd, d->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
            cr_assert(sub != NULL);
            for (struct dirent *e; (e = readdir(sub));) {
                char name[40];
                if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..")) continue;
                if (!unlinkat(dirfd(sub), e->d_name, 0)) continue;
                snprintf(name, sizeof name, "%lu.moved", n_moved++);
                cr_assert(!renameat(dirfd(sub), e->d_name, fd, name));
            }
            closedir(sub);
        }
        closedir(dir);
    }
}

static void box_remove(struct box *box)
{
    empty_folder(box->fd);
    close(box->fd);
    cr_assert(!rmdir(box->path));
}

/* A file of `content`; its folders are made where missing. A path that ends in '/' makes only the
 * folder. */
static void put(const struct box *box, const char *path, const char *content)
{
    char part[PATH_MAX];
    for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
        snprintf(part, sizeof part, "%.*s", (int)(slash - path), path);
        if (mkdirat(box->fd, part, 0755)) cr_assert_eq(errno, EEXIST);
    }
    if (path[strlen(path) - 1] == '/') return;
    int fd = openat(box->fd, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    cr_assert(fd >= 0, "%s: %s", path, strerror(errno));
    cr_assert(write(fd, content, strlen(content)) == (ssize_t)strlen(content));
    close(fd);
}

static void put_all(const struct box *box, const char *const *paths)
{
    for (; *paths; paths++)
        put(box, *paths, "");
}

/* Path of something in the box, good until the 16th call after. */
static const char *in(const struct box *box, const char *path)
{
    static char paths[16][256];
    static unsigned i;
    char *out = paths[i++ % 16];
    cr_assert_lt(snprintf(out, sizeof paths[0], *path ? "%s/%s" : "%s%s", box->path, path),
                 (int)sizeof paths[0]);
    return out;
}

/* ---- what a walk has found, as text ---------------------------------------------------------- */

/* One line an entry: "file a/b.jpg", "whole a/b.jpg", "skip a/b (why)", "fail a/b code". */
static void describe(struct th_bytes *out, const struct th_walk_entry *e)
{
    static const char *const kinds[] = {"file ", "skip ", "fail "};
    cr_assert(e->name != NULL);
    th_bytes_adds(out, e->keep_extension ? "whole " : kinds[e->kind]);
    if (e->dir) {
        th_bytes_adds(out, e->dir->path);
        if (*e->dir->path && *e->name) th_bytes_addc(out, '/');
    } else {
        th_bytes_adds(out, "SOURCE ");
    }
    th_bytes_adds(out, e->name);
    if (e->kind == TH_WALK_SKIPPED) {
        cr_expect_eq(e->error.code, THUMBS_OK);
        th_bytes_addf(out, " (%s)", e->error.message);
    }
    if (e->kind == TH_WALK_FAILED) {
        cr_expect_eq(e->error.stage, THUMBS_STAGE_WALK);
        cr_expect(e->error.message[0] != '\0');
        th_bytes_addf(out, " %s", thumbs_code_name(e->error.code));
    }
    th_bytes_addc(out, '\n');
}

static char *walk_text(const struct th_walk_options *options)
{
    struct th_bytes out = {0};
    struct th_walk *walk = NULL;
    struct thumbs_error err = {0};
    enum thumbs_code code = th_walk_create(options, &walk, &err);
    cr_assert_eq(code, THUMBS_OK, "%s", err.message);
    struct th_walk_entry entry;
    while (th_walk_next(walk, &entry)) {
        if (entry.kind == TH_WALK_FILE) {
            struct stat st;
            cr_expect(!fstatat(entry.dir->fd, entry.name, &st, 0), "%s/%s", entry.dir->path,
                      entry.name);
        }
        describe(&out, &entry);
        th_walk_entry_finish(&entry);
        cr_assert(entry.dir == NULL && entry.name == NULL);
    }
    cr_expect_not(th_walk_next(walk, &entry), "the end is the end");
    th_walk_destroy(walk);
    th_bytes_adds(&out, "");
    return th_bytes_steal(&out);
}

static void expect_walk(const struct th_walk_options *options, const char *expected)
{
    char *text = walk_text(options);
    cr_expect_str_eq(text, expected, "got:\n%s\nexpected:\n%s", text, expected);
    free(text);
}

/* Options for one SOURCE. */
static struct th_walk_options options_for(const char *const *sources, size_t n_sources)
{
    return (struct th_walk_options){.sources = sources, .n_sources = n_sources};
}

static void expect_create_fails(const struct th_walk_options *options, enum thumbs_code code,
                                const char *in_message)
{
    struct th_walk *walk = NULL;
    struct thumbs_error err = {0};
    cr_expect_eq(th_walk_create(options, &walk, &err), code, "%s", err.message);
    cr_expect_eq(err.code, code);
    cr_expect(walk == NULL);
    cr_expect(strstr(err.message, in_message) != NULL, "%s lacks %s", err.message, in_message);
    cr_expect_eq(th_walk_create(options, &walk, NULL), code, "err may be NULL");
}

static unsigned long next_random(unsigned long *state)
{
    *state = *state * 6364136223846793005UL + 1442695040888963407UL;
    return *state >> 33;
}

/* ---- names ----------------------------------------------------------------------------------- */

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

Test(names, sorts_any_bytes)
{
    enum { N = 20000 };
    static char *expected[N];
    static const char *const alphabets[] = {"ab", "\x01\x7f\x80\xff", "0123456789", "a"};
    unsigned long seed = 7;
    for (size_t round = 0; round < 4; round++) {
        struct th_names names;
        cr_assert(th_names_init(&names, 4 << 20));
        size_t n_letters = strlen(alphabets[round]);
        for (size_t i = 0; i < N; i++) {
            size_t len = 8 + next_random(&seed) % 60;
            expected[i] = calloc(1, len + 1);
            for (size_t k = 0; k < len; k++)
                expected[i][k] = alphabets[round][next_random(&seed) % n_letters];
            cr_assert(
                th_names_add(&names, i % 5 ? TH_NAME_FILE : TH_NAME_FOLDER, expected[i], len));
        }
        th_names_sort(&names);
        /* Each name must be there as often as before, but once for each kind: compare with a plain
         * sort. */
        size_t n_files = 0, at = 0;
        for (int folders = 0; folders < 2; folders++) {
            char **kind = malloc(N * sizeof *kind);
            size_t n = 0;
            for (size_t i = 0; i < N; i++) {
                if ((i % 5 == 0) == folders) kind[n++] = expected[i];
            }
            qsort(kind, n, sizeof *kind, by_bytes);
            for (size_t i = 0; i < n; i++) {
                if (i > 0 && !strcmp(kind[i], kind[i - 1])) continue;
                cr_assert_lt(at, names.n);
                cr_assert_str_eq(th_names_get(&names, at), kind[i]);
                cr_assert_eq(th_name_is_folder(th_names_kind(&names, at)), folders);
                at++;
            }
            if (!folders) n_files = at;
            free(kind);
        }
        cr_expect_eq(at, names.n);
        cr_expect_eq(n_files, names.n_files);
        for (size_t i = 0; i < N; i++)
            free(expected[i]);
        th_names_finish(&names);
        th_names_finish(&names);
    }
}

Test(names, full_cut_copy)
{
    struct th_names names, copy;
    struct th_cut cut = {0};
    char name[40];
    size_t n = 0;
    cr_assert(th_names_init(&names, 1000));
    for (;; n++) {
        int len = snprintf(name, sizeof name, "name %03zu", 999 - n);
        if (!th_names_add(&names, TH_NAME_FILE, name, (size_t)len)) break;
    }
    cr_expect_eq(n, 1000 / (8 + 2 + 4), "six bytes on top of each name");
    th_names_sort(&names);
    th_names_cut(&names, &cut);
    th_names_sort(&names);
    cr_expect_eq(names.n, n - (n + 3) / 4);
    cr_expect_str_eq(th_names_get(&names, 0), "name 929");
    for (size_t i = 0; i < names.n; i++) {
        snprintf(name, sizeof name, "name %03zu", 929 + i);
        cr_expect_str_eq(th_names_get(&names, i), name);
        cr_expect_lt(th_cut_compare(&cut, false, name), 0);
    }
    snprintf(name, sizeof name, "name %03zu", 929 + names.n);
    cr_expect_str_eq(cut.edge.name, name);
    cr_expect_eq(th_cut_compare(&cut, false, name), 0);
    cr_expect_gt(th_cut_compare(&cut, true, "a"), 0, "folders come last");
    cr_assert(th_names_add(&names, TH_NAME_FILE, "x", 1), "there must be room again");
    th_names_sort(&names);

    cr_assert(th_names_copy(&names, 3, 30, &copy));
    cr_expect_eq(copy.n, 2);
    cr_expect_str_eq(th_names_get(&copy, 0), "name 932");
    cr_expect_str_eq(th_names_get(&copy, 1), "name 933");
    th_names_finish(&copy);
    cr_assert(th_names_copy(&names, 3, 1, &copy));
    cr_expect_eq(copy.n, 1, "at least one");
    th_names_finish(&copy);
    th_names_finish(&names);
}

Test(names, stems)
{
    static const struct {
        const char *name;
        size_t len;
    } cases[] = {{"a.jpg", 1}, {"a", 1},     {".bashrc", 7}, {".a.b", 2},
                 {"a.", 1},    {"a.b.c", 3}, {"..x", 1},     {"...", 2}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_expect_eq(th_naming_stem_len(cases[i].name, strlen(cases[i].name)), cases[i].len, "%s",
                     cases[i].name);
}

/* ---- what is found, and in which order ------------------------------------------------------- */

/* A walk that goes in circles must not go on for ever. */
TestSuite(walk, .timeout = 120);

Test(walk, order_and_kinds)
{
    struct box box = box_make();
    put_all(&box, (const char *const[]){"b.jpg", "a.jpg", "B.jpg", "\xff.jpg", "z/2.jpg", "z/1.jpg",
                                        "a/x.jpg", "a-/x.jpg", "a/z/deep.jpg", "empty/", NULL});
    cr_assert(!symlinkat("a.jpg", box.fd, "link.jpg"));
    cr_assert(!symlinkat("z", box.fd, "link"));
    cr_assert(!mkfifoat(box.fd, "fifo.jpg", 0600));
    int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    snprintf(addr.sun_path, sizeof addr.sun_path, "%.90s/socket", box.path);
    cr_assert(!bind(sock, (struct sockaddr *)&addr, sizeof addr));
    close(sock);

    const char *source = box.path;
    struct th_walk_options options = options_for(&source, 1);
    const char *expected =
        "file B.jpg\nfile a.jpg\nfile b.jpg\nskip fifo.jpg (not a regular file)\n"
        "skip link (symbolic link)\nskip link.jpg (symbolic link)\n"
        "skip socket (not a regular file)\nfile \xff.jpg\n"
        "file a/x.jpg\nfile a/z/deep.jpg\nfile a-/x.jpg\nfile z/1.jpg\nfile z/2.jpg\n";
    expect_walk(&options, expected);
    fs.no_types = true; /* a file system that does not tell types in the folder */
    expect_walk(&options, expected);
    fs.no_types = false;
    fs.twice = true; /* a folder that changes while it is read */
    expect_walk(&options, expected);
    fs.twice = false;
    fs.max_names = 1;
    expect_walk(&options, expected);
    box_remove(&box);
}

Test(walk, hidden_and_own_folder)
{
    struct box box = box_make();
    put_all(&box,
            (const char *const[]){".h.jpg", ".d/a.jpg", "a.jpg", ".thumbs/x.jpg", "d/.e/b.jpg",
                                  "e/.thumbs", "f/.thumbs/y.jpg", "f/b.jpg", NULL});
    const char *source = box.path;
    struct th_walk_options options = options_for(&source, 1);
    expect_walk(&options, "file a.jpg\nskip f (is the DEST of a run, since it holds .thumbs)\n");
    options.hidden = true;
    expect_walk(&options,
                "file .h.jpg\nfile a.jpg\nfile .d/a.jpg\nfile d/.e/b.jpg\nfile e/.thumbs\n"
                "skip f (is the DEST of a run, since it holds .thumbs)\n");
    fs.no_types = true;
    expect_walk(&options,
                "file .h.jpg\nfile a.jpg\nfile .d/a.jpg\nfile d/.e/b.jpg\nfile e/.thumbs\n"
                "skip f (is the DEST of a run, since it holds .thumbs)\n");
    fs.no_types = false;

    options.hidden = false;
    source = in(&box, ".d");
    expect_walk(&options, "file a.jpg\n");
    source = in(&box, ".h.jpg");
    expect_walk(&options, "file .h.jpg\n");
    box_remove(&box);
}

static void note_folder(void *user, const char *parent, const char *name)
{
    th_bytes_addf(user, "%s>%s\n", parent, name);
}

/* A folder is told before it is read, and told again where the walk comes back to read on. */
Test(walk, tells_each_folder)
{
    struct box box = box_make();
    struct th_bytes told = {0}, expected = {0};
    put_all(&box, (const char *const[]){"a/b/c/1.jpg", "a/d/", "e/2.jpg", NULL});
    const char *const sources[] = {box.path, in(&box, "e/2.jpg")};
    struct th_walk_options options = options_for(sources, 1);
    options.on_folder = note_folder;
    options.on_folder_user = &told;
    th_bytes_addf(&expected, ">%s\n>a\na>b\na/b>c\na>d\n>e\n", box.path);
    expect_walk(&options, "file a/b/c/1.jpg\nfile e/2.jpg\n");
    cr_expect_str_eq(th_bytes_str(&told), th_bytes_str(&expected), "got:\n%s", th_bytes_str(&told));

    /* Too many names for one reading. */
    char name[260];
    for (int i = 0; i < 60; i++) {
        snprintf(name, sizeof name, "a/%0200d.jpg", i);
        put(&box, name, "");
    }
    th_bytes_clear(&told);
    options.names_bytes = 4096;
    free(walk_text(&options));
    cr_expect_not_null(strstr(th_bytes_str(&told), ">a\na>\na>\n"), "got:\n%s",
                       th_bytes_str(&told));
    th_bytes_finish(&told);
    th_bytes_finish(&expected);
    box_remove(&box);
}

Test(walk, skips_dest)
{
    struct box box = box_make();
    struct stat st;
    put_all(&box, (const char *const[]){"a.jpg", "out/a.jpg", "d/b.jpg", NULL});
    cr_assert(!symlinkat("../out", box.fd, "d/link"));
    cr_assert(!fstatat(box.fd, "out", &st, 0));
    const char *source = box.path;
    struct th_walk_options options = options_for(&source, 1);
    options.skip_dev = st.st_dev;
    options.skip_ino = st.st_ino;
    expect_walk(&options, "file a.jpg\nfile d/b.jpg\nskip d/link (symbolic link)\n");
    options.follow = true;
    expect_walk(&options, "file a.jpg\nfile d/b.jpg\n");
    source = in(&box, "out");
    expect_create_fails(&options, THUMBS_USAGE, "destination");
    box_remove(&box);
}

Test(walk, odd_names)
{
    struct box box = box_make();
    char longest[256], path[600];
    memset(longest, 'n', 255);
    memcpy(longest + 251, ".jpg", 5);
    put(&box, "new\nline.jpg", "");
    put(&box, "quote\"'.jpg", "");
    put(&box, "\xff\xfe\x80.jpg", "");
    put(&box, "\\*?[.jpg", "");
    put(&box, "-rf", "");
    put(&box, longest, "");
    snprintf(path, sizeof path, "%s.d/", "sub");
    put(&box, path, "");
    memcpy(longest + 251, ".dir", 5);
    snprintf(path, sizeof path, "%s/x.jpg", longest);
    put(&box, path, "");
    const char *source = box.path;
    struct th_walk_options options = options_for(&source, 1);
    char *text = walk_text(&options);
    struct th_bytes expected = {0};
    memcpy(longest + 251, ".jpg", 5);
    th_bytes_addf(&expected,
                  "file -rf\nfile \\*?[.jpg\nfile new\nline.jpg\nfile %s\nfile quote\"'.jpg\n",
                  longest);
    th_bytes_adds(&expected, "file \xff\xfe\x80.jpg\n");
    memcpy(longest + 251, ".dir", 5);
    th_bytes_addf(&expected, "file %s/x.jpg\n", longest);
    cr_expect_str_eq(text, th_bytes_str(&expected));
    free(text);
    th_bytes_finish(&expected);
    box_remove(&box);
}

/* ---- sources --------------------------------------------------------------------------------- */

Test(walk, several_sources)
{
    struct box box = box_make();
    put_all(&box,
            (const char *const[]){"p/a.jpg", "p/s/b.jpg", "q/a.jpg", "q/c.jpg", "r/0.jpg", NULL});
    const char *sources[] = {in(&box, "q///"), in(&box, "r/0.jpg"), in(&box, "p"),
                             in(&box, "q/c.jpg")};
    struct th_walk_options options = options_for(sources, 4);
    const char *expected =
        "file 0.jpg\nfile c.jpg\nfile q/a.jpg\nfile q/c.jpg\nfile p/a.jpg\nfile p/s/b.jpg\n";
    expect_walk(&options, expected);

    struct th_walk *walk;
    struct th_walk_entry entry;
    cr_assert_eq(th_walk_create(&options, &walk, NULL), THUMBS_OK);
    while (th_walk_next(walk, &entry)) {
        bool given = entry.dir->path[0] == '\0';
        cr_expect_eq(entry.dir->root_len, given ? 0 : 1);
        th_walk_entry_finish(&entry);
    }
    th_walk_destroy(walk);

    /* Names that do not stand at the end of the path. */
    cr_assert(!chdir(in(&box, "p")));
    sources[0] = ".";
    sources[1] = "../q/c.jpg";
    options.n_sources = 2;
    expect_walk(&options, "file c.jpg\nfile p/a.jpg\nfile p/s/b.jpg\n");
    sources[1] = "s/../../q/.";
    expect_walk(&options, "file p/a.jpg\nfile p/s/b.jpg\nfile q/a.jpg\nfile q/c.jpg\n");
    sources[0] = "s/..";
    sources[1] = "s";
    expect_walk(&options, "file p/a.jpg\nfile p/s/b.jpg\nfile s/b.jpg\n");
    sources[0] = "a.jpg";
    options.n_sources = 1;
    expect_walk(&options, "file a.jpg\n");
    sources[0] = ".";
    expect_walk(&options, "file a.jpg\nfile s/b.jpg\n");
    cr_assert(!chdir("/"));
    box_remove(&box);
}

Test(walk, bad_sources)
{
    struct box box = box_make();
    put_all(&box, (const char *const[]){"p/a.jpg", "q/a.jpg", "q/p", NULL});
    const char *sources[3] = {in(&box, "p"), in(&box, "q/p"), in(&box, "q/a.jpg")};
    struct th_walk_options options = options_for(sources, 2);
    expect_create_fails(&options, THUMBS_USAGE, "same name p");
    sources[0] = in(&box, "p/a.jpg");
    sources[1] = in(&box, "q/a.jpg");
    expect_create_fails(&options, THUMBS_USAGE, "same name a.jpg");
    sources[1] = "/";
    expect_create_fails(&options, THUMBS_USAGE, "/");
    sources[1] = in(&box, "none");
    expect_create_fails(&options, THUMBS_VANISHED, "none");
    sources[1] = "";
    expect_create_fails(&options, THUMBS_VANISHED, "");
    sources[1] = in(&box, "p/a.jpg/");
    expect_create_fails(&options, THUMBS_UNREADABLE, "a.jpg/");
    static char long_part[PATH_MAX + 100];
    memset(long_part, 'x', sizeof long_part - 1);
    sources[1] = long_part;
    expect_create_fails(&options, THUMBS_UNREADABLE, "xxx");
    memcpy(long_part + PATH_MAX, "/x/", 3);
    expect_create_fails(&options, THUMBS_UNREADABLE, "xxx");
    options.n_sources = 0;
    expect_create_fails(&options, THUMBS_USAGE, "no source");
    options.n_sources = 1;
    static const char *const globs[][1] = {{"+[a"}, {"-a\\"}, {"*.jpg"}, {"+"}, {"-/"}};
    for (size_t i = 0; i < sizeof globs / sizeof *globs; i++) {
        options.globs = globs[i];
        options.n_globs = 1;
        expect_create_fails(&options, THUMBS_USAGE, globs[i][0] + (globs[i][0][0] != '*'));
    }
    th_walk_destroy(NULL);
    th_dir_unref(NULL);
    struct th_walk_entry zero = {0};
    th_walk_entry_finish(&zero);
    box_remove(&box);
}

Test(walk, sources_that_are_links_or_special)
{
    struct box box = box_make();
    put_all(&box, (const char *const[]){"p/a.jpg", NULL});
    cr_assert(!symlinkat("p", box.fd, "lp"));
    cr_assert(!symlinkat("p/a.jpg", box.fd, "la.jpg"));
    cr_assert(!mkfifoat(box.fd, "fifo", 0600));
    const char *sources[3] = {in(&box, "lp"), in(&box, "la.jpg"), in(&box, "fifo")};
    struct th_walk_options options = options_for(sources, 3);
    expect_walk(&options, "skip fifo (not a regular file)\nfile la.jpg\nfile lp/a.jpg\n");
    options.n_sources = 1;
    expect_walk(&options, "file a.jpg\n");

    /* A SOURCE that goes away before its turn has its fate too. */
    struct th_walk *walk;
    struct th_walk_entry entry;
    options.n_sources = 2;
    cr_assert_eq(th_walk_create(&options, &walk, NULL), THUMBS_OK);
    cr_assert(!unlinkat(box.fd, "lp", 0));
    cr_assert(th_walk_next(walk, &entry));
    th_walk_entry_finish(&entry);
    cr_assert(th_walk_next(walk, &entry));
    cr_expect_eq(entry.kind, TH_WALK_FAILED);
    cr_expect(entry.dir == NULL);
    cr_expect_str_eq(entry.name, sources[0]);
    cr_expect_eq(entry.error.code, THUMBS_VANISHED);
    th_walk_entry_finish(&entry);
    cr_expect_not(th_walk_next(walk, &entry));
    th_walk_destroy(walk);

    sources[0] = in(&box, "p/a.jpg");
    options.n_sources = 1;
    cr_assert_eq(th_walk_create(&options, &walk, NULL), THUMBS_OK);
    cr_assert(!renameat(box.fd, "p", box.fd, "elsewhere"));
    cr_assert(th_walk_next(walk, &entry));
    cr_expect_eq(entry.kind, TH_WALK_FAILED);
    cr_expect(entry.dir == NULL);
    cr_expect_str_eq(entry.name, sources[0]);
    cr_expect_eq(entry.error.code, THUMBS_VANISHED);
    th_walk_entry_finish(&entry);
    cr_expect_not(th_walk_next(walk, &entry));
    th_walk_destroy(walk);
    box_remove(&box);
}

/* ---- links ----------------------------------------------------------------------------------- */

Test(walk, follow)
{
    struct box box = box_make();
    put_all(&box,
            (const char *const[]){"in/a.jpg", "in/d/b.jpg", "out/c.jpg", "out/e/f.jpg", NULL});
    cr_assert(!symlinkat("../out", box.fd, "in/link"));
    cr_assert(!symlinkat("../out/c.jpg", box.fd, "in/x.jpg"));
    cr_assert(!symlinkat("nowhere", box.fd, "in/y.jpg"));
    cr_assert(!symlinkat("self", box.fd, "in/self"));
    cr_assert(!symlinkat("..", box.fd, "in/d/up"));
    cr_assert(!symlinkat("../../in/d", box.fd, "out/e/across"));
    cr_assert(!mkfifoat(box.fd, "out/fifo", 0600));
    cr_assert(!symlinkat("../out/fifo", box.fd, "in/z.jpg"));
    const char *source = in(&box, "in");
    struct th_walk_options options = options_for(&source, 1);
    options.follow = true;
    const char *expected =
        "file a.jpg\nskip self (loop of links)\nfile x.jpg\nfail y.jpg vanished\n"
        "skip z.jpg (not a regular file)\nfile d/b.jpg\nskip d/up (loop of links)\n"
        "file link/c.jpg\nskip link/fifo (not a regular file)\nfile link/e/f.jpg\n"
        "file link/e/across/b.jpg\nskip link/e/across/up (loop of links)\n";
    expect_walk(&options, expected);
    fs.no_types = true;
    expect_walk(&options, expected);
    fs.no_types = false;
    /* What is excluded is not looked at. */
    options.globs = (const char *const[]){"-y.*", "-self", "-z.jpg", "-link"};
    options.n_globs = 4;
    expect_walk(&options,
                "file a.jpg\nskip self (excluded)\nfile x.jpg\nskip y.jpg (excluded)\n"
                "skip z.jpg (not a regular file)\nfile d/b.jpg\nskip d/up (loop of links)\n"
                "skip link (excluded)\n");
    box_remove(&box);
}

/* ---- globs in a walk ------------------------------------------------------------------------- */

Test(walk, globs)
{
    struct box box = box_make();
    put_all(&box, (const char *const[]){"a.jpg", "a.png", "d/a.jpg", "d/b.png", "d/sub/c.jpg",
                                        "cache/x.jpg", "d/cache/y.jpg", "e/cache", NULL});
    const char *sources[] = {box.path, NULL};
    struct th_walk_options options = options_for(sources, 1);
    options.globs = (const char *const[]){"-*.png", "-cache/"};
    options.n_globs = 2;
    expect_walk(
        &options,
        "file a.jpg\nskip a.png (excluded)\nskip cache (excluded)\nfile d/a.jpg\n"
        "skip d/b.png (excluded)\nskip d/cache (excluded)\nfile d/sub/c.jpg\nfile e/cache\n");
    options.globs = (const char *const[]){"+*.png"};
    options.n_globs = 1;
    expect_walk(
        &options,
        "skip a.jpg (excluded)\nfile a.png\nskip cache/x.jpg (excluded)\nskip d/a.jpg (excluded)\n"
        "file d/b.png\nskip d/cache/y.jpg (excluded)\nskip d/sub/c.jpg (excluded)\n"
        "skip e/cache (excluded)\n");
    /* The last one wins. */
    options.globs = (const char *const[]){"-*", "+d", "+/d/*.png"};
    options.n_globs = 3;
    expect_walk(
        &options,
        "skip a.jpg (excluded)\nskip a.png (excluded)\nskip cache (excluded)\n"
        "skip d/a.jpg (excluded)\nfile d/b.png\nskip d/cache (excluded)\nskip d/sub (excluded)\n"
        "skip e (excluded)\n");
    options.globs = (const char *const[]){"-d/**/c.*", "-/cache"};
    options.n_globs = 2;
    const char *expected =
        "whole a.jpg\nwhole a.png\nskip cache (excluded)\nfile d/a.jpg\nfile d/b.png\n"
        "file d/cache/y.jpg\nskip d/sub/c.jpg (excluded)\nfile e/cache\n";
    expect_walk(&options, expected);

    /* With several SOURCES the path begins below each of them. */
    sources[0] = in(&box, "d");
    sources[1] = in(&box, "a.png");
    options.n_sources = 2;
    options.globs = (const char *const[]){"-/sub", "-a.png", "-d/*"};
    options.n_globs = 3;
    expect_walk(&options, "skip a.png (excluded)\nfile d/a.jpg\nfile d/b.png\nfile "
                          "d/cache/y.jpg\nskip d/sub (excluded)\n");
    fs.no_types = true;
    expect_walk(&options, "skip a.png (excluded)\nfile d/a.jpg\nfile d/b.png\nfile "
                          "d/cache/y.jpg\nskip d/sub (excluded)\n");
    fs.no_types = false;
    box_remove(&box);
}

/* ---- equal output names ---------------------------------------------------------------------- */

struct content {
    unsigned n_asked;
    bool keep; /* outputs are as the sources: a class for each ending */
};

static const char *const endings[] = {"jpg", "png", "gif"};

static unsigned test_class(void *user, const char *name, bool *known_image)
{
    const struct content *content = user;
    const char *dot = strrchr(name, '.');
    *known_image = false;
    for (unsigned i = 0; dot && i < 3; i++) {
        if (strcmp(dot + 1, endings[i]) != 0) continue;
        *known_image = true;
        return content && content->keep ? i : 0;
    }
    return 0;
}

/* In these tests a file is an image if it is not empty. */
static bool test_image(void *user, int dirfd, const char *name, bool follow)
{
    (void)follow;
    struct content *content = user;
    struct stat st;
    content->n_asked++;
    return !fstatat(dirfd, name, &st, 0) && st.st_size > 0;
}

Test(walk, whole_names)
{
    struct box box = box_make();
    struct content content = {0};
    const char *source = box.path;
    struct th_walk_options options = options_for(&source, 1);
    options.output_class = test_class;
    options.is_image = test_image;
    options.user = &content;
    /* Siblings; a stem of which other names lie between it and its dot; a chain. */
    put_all(&box,
            (const char *const[]){"a.jpg", "a.png", "b.jpg", "c.jpg", "c-1.jpg", "c d.jpg", "c.gif",
                                  "a.jpg.png", "a.jpg.png.gif", "b.jpg.png", "sub/a.jpg", NULL});
    expect_walk(
        &options,
        "whole a.jpg\nwhole a.jpg.png\nwhole a.jpg.png.gif\nwhole a.png\nfile b.jpg\n"
        "file b.jpg.png\nfile c d.jpg\nfile c-1.jpg\nwhole c.gif\nwhole c.jpg\nfile sub/a.jpg\n");
    cr_expect_eq(content.n_asked, 0, "endings told everything");
    content.keep = true;
    expect_walk(
        &options,
        "file a.jpg\nfile a.jpg.png\nfile a.jpg.png.gif\nfile a.png\nfile b.jpg\nfile b.jpg.png\n"
        "file c d.jpg\nfile c-1.jpg\nfile c.gif\nfile c.jpg\nfile sub/a.jpg\n");
    box_remove(&box);
}

Test(walk, whole_names_by_content)
{
    struct box box = box_make();
    struct content content = {0};
    const char *source = box.path;
    struct th_walk_options options = options_for(&source, 1);
    options.output_class = test_class;
    options.is_image = test_image;
    options.user = &content;
    put(&box, "a.jpg", "");
    put(&box, "a.txt", ""); /* no image: no reason for a longer name */
    put(&box, "b.jpg", "");
    put(&box, "b.dat", "I");
    put(&box, "b.txt", "");
    put(&box, "c", "I");
    put(&box, "c.jpg", "");
    put(&box, "d", "");
    put(&box, "d.jpg", "");
    put(&box, "e.x", "I");
    put(&box, "e.y", "I");
    put(&box, "f.x", "I"); /* alone: not asked */
    put(&box, "g.x", "");
    put(&box, "g.x.jpg", "");
    put(&box, "g.jpg", "");
    put(&box, ".h", "I"); /* hidden: no candidate */
    put(&box, ".h.jpg", "");
    const char *expected =
        "file a.jpg\nfile a.txt\nwhole b.dat\nwhole b.jpg\nfile b.txt\nwhole c\nwhole c.jpg\n"
        "file d\nfile d.jpg\nwhole e.x\nwhole e.y\nfile f.x\nfile g.jpg\nfile g.x\nfile g.x.jpg\n";
    expect_walk(&options, expected);
    cr_expect_eq(content.n_asked, 8, "asked %u times: a.txt, b.dat, b.txt, c, d, e.x, e.y, g.x",
                 content.n_asked);

    /* Excluded names are no candidates either. */
    options.globs = (const char *const[]){"-*.dat", "-c", "-e.x"};
    options.n_globs = 3;
    expect_walk(
        &options,
        "file a.jpg\nfile a.txt\nskip b.dat (excluded)\nfile b.jpg\nfile b.txt\nskip c (excluded)\n"
        "file c.jpg\nfile d\nfile d.jpg\nskip e.x (excluded)\nfile e.y\nfile f.x\nfile g.jpg\n"
        "file g.x\nfile g.x.jpg\n");
    options.n_globs = 0;
    options.is_image = NULL; /* then every file counts */
    expect_walk(
        &options,
        "whole a.jpg\nwhole a.txt\nwhole b.dat\nwhole b.jpg\nwhole b.txt\nwhole c\nwhole c.jpg\n"
        "whole d\nwhole d.jpg\nwhole e.x\nwhole e.y\nfile f.x\nwhole g.jpg\nwhole g.x\nwhole "
        "g.x.jpg\n");
    box_remove(&box);
}

Test(walk, whole_names_of_source_files)
{
    struct box box = box_make();
    struct content content = {0};
    put(&box, "p/a.jpg", "");
    put(&box, "q/a.png", "");
    put(&box, "q/b.jpg", "");
    put(&box, "q/b.x", ""); /* not a source */
    put(&box, "r/c.x", "I");
    put(&box, "s/c.y", "I");
    put(&box, "t/c.z", "");
    put(&box, "a/b.jpg", "");
    const char *sources[] = {in(&box, "s/c.y"),   in(&box, "q/a.png"), in(&box, "p/a.jpg"),
                             in(&box, "q/b.jpg"), in(&box, "r/c.x"),   in(&box, "t/c.z"),
                             in(&box, "a")};
    struct th_walk_options options = options_for(sources, 7);
    options.output_class = test_class;
    options.is_image = test_image;
    options.user = &content;
    expect_walk(
        &options,
        "whole a.jpg\nwhole a.png\nfile b.jpg\nwhole c.x\nwhole c.y\nfile c.z\nfile a/b.jpg\n");
    cr_expect_eq(content.n_asked, 3);
    box_remove(&box);
}

static long peak_kib(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

/* ---- lists ----------------------------------------------------------------------------------- */

/* A list of len bytes in a file of its own, good until the next call. */
static const char *list_of(const char *text, size_t len)
{
    static char path[64];
    if (!*path) snprintf(path, sizeof path, "/tmp/thumbs-list-%ld", (long)getpid());
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    cr_assert(fd >= 0 && write(fd, text, len) == (ssize_t)len);
    close(fd);
    return path;
}

static void expect_listed(struct th_walk_options *options, const char *list, const char *expected)
{
    options->list = list_of(list, strlen(list));
    expect_walk(options, expected);
    unlink(options->list);
}

Test(walk, list_of_names)
{
    struct box box = box_make();
    const char *source = box.path;
    struct th_walk_options options = options_for(&source, 1);
    put_all(&box, (const char *const[]){"a.jpg", "b/c.jpg", "b/d.jpg", "b/e/f.jpg", "b/.h.jpg",
                                        ".i/j.jpg", "k/", NULL});
    expect_listed(&options, "", "");
    expect_listed(&options, "\n\n", "");
    expect_listed(&options, "a.jpg", "file a.jpg\n");
    expect_listed(&options, "b/d.jpg\n\na.jpg\nb/c.jpg\nb/d.jpg\n",
                  "file a.jpg\nfile b/c.jpg\nfile b/d.jpg\n");
    expect_listed(&options, ".//b/./e///f.jpg/\n./a.jpg\n", "file a.jpg\nfile b/e/f.jpg\n");
    expect_listed(&options, ".i/j.jpg\nb/.h.jpg\n", "file .i/j.jpg\nfile b/.h.jpg\n");
    expect_listed(&options, "gone\nb/gone\ngone/a.jpg\na.jpg/b\nk\n",
                  "fail gone vanished\nfail a.jpg/b vanished\nfail b/gone vanished\nfail "
                  "gone/a.jpg vanished\n");
    /* Whatever could lead out is refused before anything is looked at. */
    expect_listed(&options, "../x\nb/../a.jpg\n..\n/etc/passwd\na.jpg\n/\n",
                  "fail SOURCE .. unreadable\nfail SOURCE ../x unreadable\nfail SOURCE b/../a.jpg "
                  "unreadable\n"
                  "fail SOURCE / unreadable\nfail SOURCE /etc/passwd unreadable\nfile a.jpg\n");
    /* Absolute names below SOURCE as it was given. */
    char text[512];
    snprintf(text, sizeof text, "%s/b/c.jpg\n%s-not/b/c.jpg\n", box.path, box.path);
    char expected[512];
    snprintf(expected, sizeof expected, "fail SOURCE %s-not/b/c.jpg unreadable\nfile b/c.jpg\n",
             box.path);
    expect_listed(&options, text, expected);
    /* NUL bytes are ends, or were meant to be. */
    options.list_null = true;
    put(&box, "new\nline.jpg", "");
    options.list = list_of("new\nline.jpg\0\0b/c.jpg", 21);
    expect_walk(&options, "file new\nline.jpg\nfile b/c.jpg\n");
    options.list_null = false;
    options.list = list_of("a.jpg\0b/c.jpg\0", 14);
    expect_walk(&options, "fail SOURCE a.jpg unreadable\n");
    unlink(options.list);
    /* Rules count; the last part of a rule about folders is about those above, too. */
    options.globs = (const char *const[]){"-b/e/", "-c.*"};
    options.n_globs = 2;
    expect_listed(
        &options, "b/e/f.jpg\nb/c.jpg\nb/d.jpg\nb/e\n",
        "skip b/c.jpg (excluded)\nfile b/d.jpg\nskip b/e (excluded)\nskip b/e/f.jpg (excluded)\n");
    box_remove(&box);
}

Test(walk, list_of_another_system)
{
    struct box box = box_make();
    const char *source = box.path;
    struct th_walk_options options = options_for(&source, 1);
    put_all(&box, (const char *const[]){"a.jpg", "b/c.jpg", "d\r", "\ufeffe", NULL});
    expect_listed(&options, "\ufeffa.jpg\r\n\r\nb/c.jpg\r\nd\r",
                  "file a.jpg\nfile d\r\nfile b/c.jpg\n");
    expect_listed(&options, "\ufeffe\r\nb/c.jpg/\r\n", "file \ufeffe\nfile b/c.jpg\n");
    expect_listed(&options, "\ufeffgone\r\n", "fail gone vanished\n");
    expect_listed(&options, "\ufeff\r\n\r", "");
    box_remove(&box);
}

Test(walk, list_of_folders)
{
    struct box box = box_make();
    const char *source = box.path;
    struct th_walk_options options = options_for(&source, 1);
    put_all(&box, (const char *const[]){"a.jpg", "b/c.jpg", "b/.h.jpg", "b/e/f.jpg", "b/.i/j.jpg",
                                        "g/h.jpg", ".thumbs/x.jpg", NULL});
    expect_listed(&options, "b", "file b/c.jpg\nfile b/e/f.jpg\n");
    expect_listed(&options, "b/e/\na.jpg\n", "file a.jpg\nfile b/e/f.jpg\n");
    expect_listed(&options, ".", "file a.jpg\nfile b/c.jpg\nfile b/e/f.jpg\nfile g/h.jpg\n");
    /* What comes with a folder does not come twice ("find ."); what is hidden or missing does not
     * come with it. */
    expect_listed(&options,
                  ".\n./a.jpg\n./b\n./b/c.jpg\n./b/e\n./b/e/f.jpg\n./b/.h.jpg\n./g/gone\n",
                  "file a.jpg\nfile b/c.jpg\nfile b/e/f.jpg\nfile g/h.jpg\nfile b/.h.jpg\nfail "
                  "g/gone vanished\n");
    expect_listed(&options, "b/e/f.jpg\nb\ng/h.jpg\nbb\n",
                  "file b/c.jpg\nfile b/e/f.jpg\nfail bb vanished\nfile g/h.jpg\n");
    options.hidden = true;
    expect_listed(&options, "b\nb/.h.jpg\nb/.i\nb/.i/j.jpg\n",
                  "file b/.h.jpg\nfile b/c.jpg\nfile b/.i/j.jpg\nfile b/e/f.jpg\n");
    expect_listed(&options, ".thumbs\n.thumbs/x.jpg\n",
                  "skip .thumbs (a folder of thumbs' own)\nskip .thumbs/x.jpg (in a folder of "
                  "thumbs' own)\n");
    /* DEST is not entered, by way of the list neither. */
    struct stat st;
    cr_assert(!fstatat(box.fd, "b", &st, 0));
    options.skip_dev = st.st_dev;
    options.skip_ino = st.st_ino;
    expect_listed(&options, "b\nb/c.jpg\nb/e/f.jpg\na.jpg\n",
                  "file a.jpg\nskip b/c.jpg (lies in DEST)\nskip b/e/f.jpg (lies in DEST)\n");
    box_remove(&box);
}

Test(walk, list_and_links)
{
    struct box box = box_make(), outside = box_make();
    const char *source = box.path;
    struct th_walk_options options = options_for(&source, 1);
    put_all(&box, (const char *const[]){"a.jpg", "b/c.jpg", NULL});
    put(&outside, "o.jpg", "");
    cr_assert(!symlinkat("a.jpg", box.fd, "file.jpg"));
    cr_assert(!symlinkat("b", box.fd, "folder"));
    cr_assert(!symlinkat(outside.path, box.fd, "out"));
    cr_assert(!symlinkat("out", box.fd, "chain"));
    cr_assert(!symlinkat("../b", box.fd, "b/self"));
    static const char list[] =
        "file.jpg\nfolder\nfolder/c.jpg\nout/o.jpg\nout\nchain/o.jpg\nb/self/c.jpg\na.jpg\n";
    expect_listed(
        &options, list,
        "file a.jpg\nfail file.jpg unreadable\nfail folder unreadable\nfail out unreadable\n"
        "fail b/self/c.jpg unreadable\nfail chain/o.jpg unreadable\nfail folder/c.jpg unreadable\n"
        "fail out/o.jpg unreadable\n");
    options.follow = true;
    expect_listed(
        &options, "file.jpg\nfolder/c.jpg\nout/o.jpg\nchain\nb/self/c.jpg\n",
        "file chain/o.jpg\nfile file.jpg\nfile b/self/c.jpg\nfile folder/c.jpg\nfile out/o.jpg\n");
    box_remove(&box);
    box_remove(&outside);
}

Test(walk, list_that_is_no_list)
{
    struct box box = box_make();
    put(&box, "a.jpg", "");
    const char *sources[] = {box.path, in(&box, "a.jpg")};
    struct th_walk_options options = options_for(sources, 1);
    options.list = in(&box, "gone");
    expect_create_fails(&options, THUMBS_VANISHED, "gone");
    options.list = box.path;
    expect_create_fails(&options, THUMBS_UNREADABLE, "is a folder");
    options.list = in(&box, "a.jpg");
    options.n_sources = 2;
    expect_create_fails(&options, THUMBS_USAGE, "one folder");
    options.sources = sources + 1;
    options.n_sources = 1;
    expect_create_fails(&options, THUMBS_USAGE, "one folder");
    /* One that can be read no further. */
    options.sources = sources;
    options.list = "/proc/self/mem";
    expect_walk(&options, "fail SOURCE /proc/self/mem unreadable\n");
    box_remove(&box);
}

Test(walk, list_with_names_too_long)
{
    struct box box = box_make();
    const char *source = box.path;
    struct th_walk_options options = options_for(&source, 1);
    put(&box, "a.jpg", "");
    put(&box, "b.jpg", "");
    /* A part, a whole name of three buffers in the middle, one that just fits, one that has no end.
     */
    const size_t most = TH_LIST_BYTES;
    const size_t lens[] = {TH_NAME_MAX + 1, 3 * most + 17, most - 1, most, most + 1};
    for (size_t i = 0; i < 2 * sizeof lens / sizeof *lens; i++) {
        struct th_bytes list = {0};
        th_bytes_adds(&list, "a.jpg\n");
        cr_assert(th_bytes_reserve(&list, lens[i / 2]));
        memset(list.data + list.len, 'x', lens[i / 2]);
        list.len += lens[i / 2];
        if (i % 2) th_bytes_adds(&list, "\nb.jpg");
        options.list = list_of(list.data, list.len);
        char *text = walk_text(&options);
        size_t n_failed = 0, n_files = 0;
        for (const char *line = text; *line; line = strchr(line, '\n') + 1) {
            n_failed += !strncmp(line, "fail SOURCE xxx", 15);
            n_files += !strncmp(line, "file ", 5);
        }
        cr_expect_eq(n_failed, 1, "%zu: %zu failed", i, n_failed);
        cr_expect_eq(n_files, 1 + i % 2, "%zu: %zu files", i, n_files);
        free(text);
        th_bytes_finish(&list);
    }
    unlink(options.list);
    box_remove(&box);
}

static bool stop_now(void *user)
{
    return ++*(int *)user >= 2;
}

Test(walk, list_comes_as_a_stream, .timeout = 120)
{
    struct box box = box_make();
    const char *source = box.path;
    int fds[2], n_asked = 0;
    put_all(&box, (const char *const[]){"a.jpg", "b.jpg", NULL});
    cr_assert(!pipe(fds));
    char list[40];
    snprintf(list, sizeof list, "/proc/self/fd/%d", fds[0]);
    struct th_walk_options options = options_for(&source, 1);
    options.list = list;
    options.stopped = stop_now;
    options.user = &n_asked;
    struct th_walk *walk = NULL;
    struct th_walk_entry entry;
    cr_assert_eq(th_walk_create(&options, &walk, NULL), THUMBS_OK);
    cr_expect(th_walk_list_may_wait(list));
    cr_expect_not(th_walk_list_may_wait(in(&box, "a.jpg")));
    /* A name is there as soon as its end is, half of one is not. */
    cr_assert_eq(write(fds[1], "b.jpg\na.j", 9), 9);
    cr_assert(th_walk_next(walk, &entry));
    cr_expect_str_eq(entry.name, "b.jpg");
    th_walk_entry_finish(&entry);
    n_asked = 0;
    cr_assert_eq(write(fds[1], "pg\n", 3), 3);
    cr_assert(th_walk_next(walk, &entry));
    cr_expect_str_eq(entry.name, "a.jpg");
    th_walk_entry_finish(&entry);
    /* Nothing more comes, but somebody wants it to end. */
    n_asked = 0;
    cr_expect_not(th_walk_next(walk, &entry));
    cr_expect_eq(n_asked, 2);
    th_walk_destroy(walk);
    close(fds[0]);
    close(fds[1]);
    box_remove(&box);
}

/* So many names in one folder, some of them twice, in a list that is far larger than what is held
 * of it. */
Test(walk, memory_does_not_grow_with_the_list, .timeout = 120)
{
    if (SANITIZED) cr_skip_test("a sanitizer's own memory would be measured");
    struct box box = box_make_large();
    const char *source = box.path;
    struct th_bytes list = {0};
    enum { N = 3000, TIMES = 40 };
    for (unsigned i = 0; i < N * TIMES; i++) {
        char name[64];
        snprintf(name, sizeof name, "%08x-a-name-of-a-usual-length.jpg", i % N * 2654435761u);
        if (i < N) put(&box, name, "");
        th_bytes_addf(&list, "%s\n", name);
    }
    struct th_walk_options options = options_for(&source, 1);
    options.list = list_of(list.data, list.len); /* 5 MB */
    th_bytes_finish(&list);
    pid_t pid = fork();
    if (pid == 0) {
        alarm(60);
        struct th_walk *walk;
        struct th_walk_entry entry;
        unsigned n = 0;
        long before = peak_kib();
        if (th_walk_create(&options, &walk, NULL)) _exit(2);
        while (th_walk_next(walk, &entry)) {
            n += entry.kind == TH_WALK_FILE;
            th_walk_entry_finish(&entry);
        }
        th_walk_destroy(walk);
        _exit(n < N || n > N * TIMES ? 3 : peak_kib() - before > 2000);
    }
    int status = 0;
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%d", status);
    unlink(options.list);
    box_remove(&box);
}

/* The rule once more, over a plain list, as it is written down. */
struct plain {
    char name[256];
    bool image, whole;
    unsigned class;
};

static size_t plain_stem(const char *name)
{
    size_t stem = strlen(name);
    for (size_t i = 1; name[i]; i++) {
        if (name[i] == '.') stem = i;
    }
    return stem;
}

static void plain_whole(struct plain *list, size_t n)
{
    bool changed = true;
    while (changed) {
        changed = false;
        for (size_t i = 0; i < n; i++) {
            size_t stem = plain_stem(list[i].name);
            for (size_t k = 0; k < n && list[i].image && !list[i].whole; k++) {
                if (k == i || !list[k].image || list[k].class != list[i].class) continue;
                bool sibling =
                    plain_stem(list[k].name) == stem && !strncmp(list[k].name, list[i].name, stem);
                bool parent = strlen(list[k].name) == stem &&
                              !strncmp(list[k].name, list[i].name, stem) && list[k].whole;
                if (sibling || parent) list[i].whole = changed = true;
            }
        }
    }
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct plain *)a)->name, ((const struct plain *)b)->name);
}

/* Outputs of images must be as many as images: what the whole rule is for. */
static void expect_distinct_outputs(const struct plain *list, size_t n, unsigned long seed)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t k = i + 1; k < n; k++) {
            if (!list[i].image || !list[k].image || list[i].class != list[k].class) continue;
            size_t i_stem = plain_stem(list[i].name), k_stem = plain_stem(list[k].name);
            /* A name without ending has nothing to add: its output is the same, whole or not. */
            size_t i_len = list[i].whole ? strlen(list[i].name) : i_stem;
            size_t k_len = list[k].whole ? strlen(list[k].name) : k_stem;
            cr_assert(i_len != k_len || memcmp(list[i].name, list[k].name, i_len),
                      "seed %lu: %s and %s", seed, list[i].name, list[k].name);
        }
    }
}

/* Parts of a name with dots, dashes (before a dot in the order), slashes' neighbours; long ones, so
 * that the smallest arena holds only a few dozen and groups are cut everywhere. */
static void random_name(unsigned long *seed, char *name)
{
    static const char *const parts[] = {"a",  "b",    "-",    "a-",   "ab", ".x",
                                        ".y", ".jpg", ".png", ".gif", ".",  "/"};
    static const char padding[] = "pppppppppppppppppppppppppppppppppppp";
    size_t len = 0;
    name[len++] = "ab"[next_random(seed) % 2];
    if (next_random(seed) % 2) len += (size_t)sprintf(name + len, "%s", padding);
    for (unsigned long n = next_random(seed) % 6; n > 0; n--) {
        const char *part = parts[next_random(seed) % 11];
        len += (size_t)sprintf(name + len, "%s", part);
        if (next_random(seed) % 8 == 0) len += (size_t)sprintf(name + len, "%s", padding);
    }
    name[len] = '\0';
}

static void expect_in_text(const char *text, const struct plain *p, unsigned long seed)
{
    char line[300];
    snprintf(line, sizeof line, "%s %.255s\n", p->whole ? "whole" : "file", p->name);
    const char *found = strstr(text, line);
    cr_assert(found && (found == text || found[-1] == '\n'), "seed %lu: no '%s' in\n%s", seed, line,
              text);
}

/* What is listed gets the same names as in a walk, whatever else is in the list and in whatever
 * order and parts it comes. */
static void random_list(struct th_walk_options *options, const struct plain *all, size_t n,
                        unsigned long *state, unsigned long seed)
{
    static const size_t sizes[] = {1, 5000, 0};
    for (size_t k = 0; k < 3; k++) {
        struct th_bytes list = {0};
        bool listed[1000] = {0};
        size_t n_listed = 0, n_lines = 0;
        for (size_t i = 0; i < n / 4 + k; i++) {
            size_t pick = next_random(state) % n;
            n_listed += !listed[pick];
            listed[pick] = true;
            th_bytes_addf(&list, "%s\n", all[pick].name);
        }
        options->names_bytes = sizes[k];
        options->hidden = k == 0;
        options->list = list_of(list.data, list.len);
        char *text = walk_text(options);
        for (const char *c = text; *c; c++)
            n_lines += *c == '\n';
        cr_assert_eq(n_lines, n_listed, "seed %lu", seed);
        for (size_t i = 0; i < n; i++) {
            if (listed[i]) expect_in_text(text, &all[i], seed);
        }
        free(text);
        th_bytes_finish(&list);
    }
    unlink(options->list);
    options->list = NULL;
}

static void random_folder(const struct box *box, unsigned long seed, bool keep)
{
    enum { N = 500 };
    static struct plain list[N];
    size_t n = 0;
    unsigned long state = seed;
    struct content content = {.keep = keep};
    for (unsigned i = 0; i < N; i++) {
        struct plain *p = &list[n];
        bool known;
        random_name(&state, p->name);
        bool full = next_random(&state) % 2;
        if (faccessat(box->fd, p->name, F_OK, 0) == 0) continue;
        put(box, p->name, full ? "I" : "");
        p->class = test_class(&content, p->name, &known);
        p->image = known || full;
        p->whole = false;
        n++;
    }
    plain_whole(list, n);
    expect_distinct_outputs(list, n, seed);
    qsort(list, n, sizeof *list, by_name);
    struct th_bytes expected = {0};
    for (size_t i = 0; i < n; i++)
        th_bytes_addf(&expected, "%s %s\n", list[i].whole ? "whole" : "file", list[i].name);

    const char *source = box->path;
    struct th_walk_options options = options_for(&source, 1);
    options.output_class = test_class;
    options.is_image = test_image;
    options.user = &content;
    static const size_t sizes[] = {1, 5000, 9000, 0};
    for (size_t i = 0; i < 4; i++) {
        options.names_bytes = sizes[i];
        options.hidden = true;
        char *text = walk_text(&options);
        cr_assert_str_eq(text, th_bytes_str(&expected), "seed %lu, %zu bytes", seed, sizes[i]);
        free(text);
    }
    random_list(&options, list, n, &state, seed);
    th_bytes_finish(&expected);
    empty_folder(box->fd);
}

Test(walk, whole_names_agree_with_the_plain_rule, .timeout = 120)
{
    struct box box = box_make_large();
    for (unsigned long seed = 1; seed <= 30; seed++)
        random_folder(&box, seed, seed % 3 == 0);
    box_remove(&box);
}

static bool has_even_length(void *walk, const char *name)
{
    (void)walk;
    return strlen(name) % 2 == 0;
}

/* The same, whichever names are asked about first: from the front, from the back, at random. */
Test(names, whole_in_any_order)
{
    enum { N = 60 };
    static struct plain list[N];
    unsigned long seed = 99;
    for (unsigned round = 0; round < 600; round++) {
        struct th_names names;
        struct th_naming_rule rule = {.output_class = test_class, .ask = has_even_length};
        cr_assert(th_names_init(&names, 1 << 20));
        for (unsigned i = 0; i < N; i++) {
            random_name(&seed, list[i].name);
            cr_assert(th_names_add(&names, TH_NAME_FILE, list[i].name, strlen(list[i].name)));
        }
        th_names_sort(&names);
        for (size_t i = 0; i < names.n; i++) {
            bool known;
            strcpy(list[i].name, th_names_get(&names, i));
            list[i].class = test_class(NULL, list[i].name, &known);
            list[i].image = known || has_even_length(NULL, list[i].name);
            list[i].whole = false;
        }
        plain_whole(list, names.n);
        const struct th_naming_names files = th_names_files(&names);
        for (size_t k = 0; k < names.n; k++) {
            size_t i = round % 3 == 0   ? k
                       : round % 3 == 1 ? names.n - 1 - k
                                        : next_random(&seed) % names.n;
            cr_assert_eq(th_naming_keeps_extension(&files, i, &rule), list[i].whole, "round %u: %s",
                         round, list[i].name);
        }
        th_names_finish(&names);
    }
}

/* A million names of one stem would be quadratic if each looked at all others. */
Test(walk, one_stem_for_all, .timeout = 120)
{
    struct box box = box_make_large();
    struct content content = {0};
    char name[40];
    for (unsigned i = 0; i < 20000; i++) {
        snprintf(name, sizeof name, "frame.%05u", i);
        put(&box, name, "");
    }
    put(&box, "frame.jpg", "");
    const char *source = box.path;
    struct th_walk_options options = options_for(&source, 1);
    options.output_class = test_class;
    options.is_image = test_image;
    options.user = &content;
    for (int parts = 0; parts < 2; parts++) {
        options.names_bytes = parts ? 100000 : 0;
        content.n_asked = 0;
        char *text = walk_text(&options);
        cr_expect(strstr(text, "whole") == NULL);
        cr_expect(strstr(text, "file frame.19999\nfile frame.jpg\n") != NULL);
        free(text);
        cr_expect(parts || content.n_asked == 20000, "%u", content.n_asked);
    }
    box_remove(&box);
}

/* ---- folders read in parts ------------------------------------------------------------------- */

Test(walk, parts_of_a_large_folder, .timeout = 120)
{
    struct box box = box_make_large();
    struct th_bytes expected = {0}, subs = {0};
    char name[300], path[600];
    for (unsigned i = 0; i < 6000; i++) {
        snprintf(name, sizeof name, "%04x%0*x", i, (int)(i % 90), i);
        put(&box, name, "");
        th_bytes_addf(&expected, "file %s\n", name);
    }
    for (unsigned i = 0; i < 300; i++) {
        snprintf(path, sizeof path, "%03x-%0*x/x%u", i, (int)(i % 100) + 60, i, i);
        put(&box, path, "");
        th_bytes_addf(&subs, "file %s\n", path);
    }
    th_bytes_adds(&expected, th_bytes_str(&subs));
    const char *source = box.path;
    struct th_walk_options options = options_for(&source, 1);
    static const size_t sizes[] = {0, 1, 6000, 100000};
    for (size_t i = 0; i < 8; i++) {
        fs.no_types = i >= 4;
        options.names_bytes = sizes[i % 4];
        char *text = walk_text(&options);
        cr_expect(!strcmp(text, th_bytes_str(&expected)), "%zu bytes", sizes[i % 4]);
        free(text);
    }
    fs.no_types = false;
    th_bytes_finish(&expected);
    th_bytes_finish(&subs);
    box_remove(&box);
}

/* Cuts at, before and behind the first subfolder. */
Test(walk, parts_of_files_and_folders, .timeout = 120)
{
    struct box box = box_make();
    struct th_bytes expected = {0};
    char path[200];
    for (int folders = 0; folders < 2; folders++) {
        for (unsigned i = 0; i < 60; i++) {
            snprintf(path, sizeof path, "%02u%0*u%s", i, 40 + (int)(i % 7), i,
                     folders ? ".d/x" : "");
            put(&box, path, "");
            th_bytes_addf(&expected, "file %s\n", path);
        }
    }
    const char *source = box.path;
    struct th_walk_options options = options_for(&source, 1);
    for (options.names_bytes = 4000; options.names_bytes < 8000; options.names_bytes += 53) {
        char *text = walk_text(&options);
        cr_expect(!strcmp(text, th_bytes_str(&expected)), "%zu bytes", options.names_bytes);
        free(text);
    }
    th_bytes_finish(&expected);
    box_remove(&box);
}

/* Walk so many files of one folder in a process of its own: the growth of its memory in KiB. */
static long growth_of_walk(const char *source, size_t names_bytes, unsigned long n_expected)
{
    int pipe_fds[2];
    cr_assert(!pipe(pipe_fds));
    pid_t pid = fork();
    cr_assert(pid >= 0);
    if (pid == 0) {
        alarm(60); /* the runner's own limit does not reach this process */
        struct th_walk_options options = options_for(&source, 1);
        struct th_walk *walk;
        struct th_walk_entry entry;
        unsigned long n = 0;
        options.names_bytes = names_bytes;
        long before = peak_kib(), growth = -1;
        if (th_walk_create(&options, &walk, NULL)) _exit(1);
        while (th_walk_next(walk, &entry)) {
            n += entry.kind == TH_WALK_FILE;
            th_walk_entry_finish(&entry);
        }
        th_walk_destroy(walk);
        if (n == n_expected) growth = peak_kib() - before;
        _exit(write(pipe_fds[1], &growth, sizeof growth) != sizeof growth);
    }
    long growth = -1;
    close(pipe_fds[1]);
    cr_assert_eq(read(pipe_fds[0], &growth, sizeof growth), (ssize_t)sizeof growth);
    close(pipe_fds[0]);
    cr_assert_eq(waitpid(pid, NULL, 0), pid);
    return growth;
}

Test(walk, memory_does_not_grow_with_the_folder, .timeout = 120)
{
    if (SANITIZED) cr_skip_test("a sanitizer's own memory would be measured");
    struct box box = box_make_large();
    char name[100];
    enum { N = 40000 };
    for (unsigned i = 0; i < N; i++) {
        snprintf(name, sizeof name,
                 "%08x-a-name-as-long-as-those-that-programs-like-to-make-up-%08x.jpg",
                 i * 2654435761u, i);
        put(&box, name, "");
    }
    long growth = growth_of_walk(box.path, (size_t)256 << 10, N); /* the names have 3 MB */
    cr_expect(growth >= 0, "files are missing");
    cr_expect_lt(growth, 1500, "grew by %ld KiB", growth);
    box_remove(&box);
}

/* ---- depth ----------------------------------------------------------------------------------- */

static void limit_files(unsigned n)
{
    struct rlimit limit = {n, n};
    cr_assert(!setrlimit(RLIMIT_NOFILE, &limit));
}

/* A chain of folders named `name`, each with a file and, behind the way down in the order, a folder
 * with one more. */
static void put_chain(int top, const char *name, unsigned n_levels, bool branches)
{
    int at = dup(top);
    for (unsigned i = 0; i < n_levels; i++) {
        cr_assert(!mkdirat(at, name, 0755));
        int next = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        cr_assert(next >= 0);
        close(at);
        at = next;
        int fd = openat(at, "f.jpg", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
        cr_assert(fd >= 0);
        close(fd);
        if (branches) {
            cr_assert(!mkdirat(at, "z", 0755));
            fd = openat(at, "z/g.jpg", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
            cr_assert(fd >= 0);
            close(fd);
        }
    }
    close(at);
}

Test(walk, five_thousand_levels, .timeout = 120)
{
    enum { LEVELS = 5000 };
    struct box box = box_make_large();
    put_chain(box.fd, "a folder", LEVELS, true);
    const char *source = box.path;
    struct th_walk_options options = options_for(&source, 1);
    struct th_walk *walk;
    struct th_walk_entry entry;
    limit_files(256);
    cr_assert_eq(th_walk_create(&options, &walk, NULL), THUMBS_OK);
    for (unsigned i = 1; i <= 2 * LEVELS; i++) {
        cr_assert(th_walk_next(walk, &entry), "ends at %u", i);
        cr_assert_eq(entry.kind, TH_WALK_FILE, "%s", entry.error.message);
        /* Down the files f.jpg, and on the way up those in the branches. */
        size_t level = i <= LEVELS ? i : 2 * LEVELS - i + 1;
        size_t path_len = level * 9 - 1 + (i > LEVELS ? 2 : 0);
        cr_assert_eq(strlen(entry.dir->path), path_len);
        cr_assert(!strncmp(entry.dir->path, "a folder/a folder", path_len < 17 ? path_len : 17) ||
                  level == 1);
        cr_assert_str_eq(entry.name, i <= LEVELS ? "f.jpg" : "g.jpg");
        cr_assert(!faccessat(entry.dir->fd, entry.name, R_OK, 0));
        th_walk_entry_finish(&entry);
    }
    cr_expect_not(th_walk_next(walk, &entry));
    th_walk_destroy(walk);
    box_remove(&box);
}

Test(walk, gives_up_descriptors_it_does_not_need)
{
    struct box box = box_make();
    put_chain(box.fd, "d", 40, true);
    const char *source = box.path;
    struct th_walk_options options = options_for(&source, 1);
    int in_use = open("/dev/null", O_RDONLY | O_CLOEXEC);
    limit_files((unsigned)in_use + 12);
    char *text = walk_text(&options);
    size_t n = 0;
    for (const char *line = text; *line; line = strchr(line, '\n') + 1)
        n += !strncmp(line, "file ", 5);
    cr_expect_eq(n, 80);
    cr_expect(strstr(text, "fail") == NULL, "%s", text);
    free(text);
    close(in_use);
    box_remove(&box);
}

/* A folder that was closed on the way down and opened again is handed out as before. */
Test(walk, excludes_on_the_way_back)
{
    struct box box = box_make();
    put_chain(box.fd, "d", 50, true);
    const char *source = box.path;
    struct th_walk_options options = options_for(&source, 1);
    options.globs = (const char *const[]){"-z/"};
    options.n_globs = 1;
    struct th_walk *walk;
    struct th_walk_entry entry;
    cr_assert_eq(th_walk_create(&options, &walk, NULL), THUMBS_OK);
    for (unsigned i = 1; i <= 100; i++) {
        size_t level = i <= 50 ? i : 101 - i;
        cr_assert(th_walk_next(walk, &entry));
        cr_expect_eq(entry.kind, i <= 50 ? TH_WALK_FILE : TH_WALK_SKIPPED);
        cr_expect_str_eq(entry.name, i <= 50 ? "f.jpg" : "z");
        cr_expect_eq(strlen(entry.dir->path), 2 * level - 1);
        cr_expect(!faccessat(entry.dir->fd, "f.jpg", R_OK, 0));
        th_walk_entry_finish(&entry);
    }
    cr_expect_not(th_walk_next(walk, &entry));
    th_walk_destroy(walk);
    box_remove(&box);
}

Test(walk, comes_back_through_a_link)
{
    struct box box = box_make();
    put(&box, "in/a/m.jpg", "");
    put(&box, "in/a/z/n.jpg", "");
    put(&box, "in/y.jpg/o.jpg", "");
    put(&box, "out/q/", "");
    cr_assert(!symlinkat("../../out", box.fd, "in/a/link"));
    int out = openat(box.fd, "out", O_RDONLY | O_DIRECTORY);
    put_chain(out, "d", 100, false);
    close(out);
    put(&box, "out/q/p.jpg", "");
    const char *sources[] = {in(&box, "in"), in(&box, "out/q")};
    struct th_walk_options options = options_for(sources, 1);
    options.follow = true;
    for (size_t n = 1; n <= 2; n++) {
        options.n_sources = n;
        char *text = walk_text(&options);
        /* ".." of `out` is not in/a: the way back is by the path. */
        const char *tail = n == 1
                               ? "/f.jpg\nfile a/link/q/p.jpg\nfile a/z/n.jpg\nfile y.jpg/o.jpg\n"
                               : "/f.jpg\nfile in/a/link/q/p.jpg\nfile in/a/z/n.jpg\nfile "
                                 "in/y.jpg/o.jpg\nfile q/p.jpg\n";
        cr_expect(strstr(text, "fail") == NULL && strlen(text) > strlen(tail) &&
                      !strcmp(text + strlen(text) - strlen(tail), tail),
                  "%s", text);
        free(text);
    }
    box_remove(&box);
}

/* ---- a tree that changes under way ----------------------------------------------------------- */

/* Walk until the entry of this path and name, then do what the test does. */
static struct th_walk *walk_to(const struct th_walk_options *options, const char *text)
{
    struct th_walk *walk;
    struct th_walk_entry entry;
    cr_assert_eq(th_walk_create(options, &walk, NULL), THUMBS_OK);
    bool found = false;
    while (!found) {
        struct th_bytes line = {0};
        cr_assert(th_walk_next(walk, &entry), "never came to %s", text);
        describe(&line, &entry);
        found = !strcmp(th_bytes_str(&line), text);
        th_bytes_finish(&line);
        th_walk_entry_finish(&entry);
    }
    return walk;
}

static void expect_rest(struct th_walk *walk, const char *expected)
{
    struct th_bytes out = {0};
    struct th_walk_entry entry;
    while (th_walk_next(walk, &entry)) {
        describe(&out, &entry);
        th_walk_entry_finish(&entry);
    }
    cr_expect_str_eq(th_bytes_str(&out), expected);
    th_bytes_finish(&out);
    th_walk_destroy(walk);
}

Test(walk, folders_that_vanish)
{
    struct box box = box_make();
    put_all(&box, (const char *const[]){"a.jpg", "b/x.jpg", "c/x.jpg", "d/x.jpg", "e/x.jpg", NULL});
    const char *source = box.path;
    struct th_walk_options options = options_for(&source, 1);
    struct th_walk *walk = walk_to(&options, "file b/x.jpg\n");
    cr_assert(!renameat(box.fd, "c", box.fd, "moved"));
    cr_assert(!renameat(box.fd, "d", box.fd, "moved2"));
    cr_assert(!symlinkat("moved2", box.fd, "d")); /* a link in its place is not followed */
    expect_rest(walk, "fail c vanished\nfail d vanished\nfile e/x.jpg\n");

    /* Far down when a folder high up is renamed: it is come back to by ".." . */
    put_chain(box.fd, "0", 50, false);
    put(&box, "0/z/late.jpg", "");
    struct th_bytes deepest = {0};
    th_bytes_adds(&deepest, "file 0");
    for (int i = 1; i < 50; i++)
        th_bytes_adds(&deepest, "/0");
    th_bytes_adds(&deepest, "/f.jpg\n");
    const char *rest =
        "file 0/z/late.jpg\nfile b/x.jpg\nfile e/x.jpg\nfile moved/x.jpg\nfile moved2/x.jpg\n";
    walk = walk_to(&options, th_bytes_str(&deepest));
    cr_assert(!renameat(box.fd, "0", box.fd, "renamed"));
    expect_rest(walk, rest);
    cr_assert(!renameat(box.fd, "renamed", box.fd, "0"));

    /* A folder below it is moved away: then its path leads back to it. */
    walk = walk_to(&options, th_bytes_str(&deepest));
    cr_assert(!renameat(box.fd, "0/0", box.fd, "away"));
    expect_rest(walk, rest);
    cr_assert(!renameat(box.fd, "away", box.fd, "0/0"));

    /* Both: what was left of it is lost, and said to be. */
    walk = walk_to(&options, th_bytes_str(&deepest));
    cr_assert(!renameat(box.fd, "0/0", box.fd, "away"));
    cr_assert(!renameat(box.fd, "0", box.fd, "renamed"));
    cr_assert(!mkdirat(box.fd, "0", 0755)); /* another folder of its name is not taken for it */
    expect_rest(
        walk, "fail 0 vanished\nfile b/x.jpg\nfile e/x.jpg\nfile moved/x.jpg\nfile moved2/x.jpg\n");
    th_bytes_finish(&deepest);
    box_remove(&box);
}

Test(walk, folders_that_cannot_be_read)
{
    struct box box = box_make();
    put_all(&box, (const char *const[]){"a.jpg", "b/x.jpg", "c/x.jpg", "d/x.jpg", NULL});
    cr_assert(!fchmod(box.fd, 0755));
    cr_assert(!fchmodat(box.fd, "b", 0, 0));
    cr_assert(!fchmodat(box.fd, "c", 0711, 0));
    const bool root = geteuid() == 0;
    if (root && seteuid(65534) != 0) { /* to root nothing is unreadable */
        box_remove(&box);
        cr_skip_test("root cannot become somebody else here");
    }
    const char *sources[] = {box.path, in(&box, "d/x.jpg")};
    struct th_walk_options options = options_for(sources, 1);
    expect_walk(&options, root ? "file a.jpg\nfail b unreadable\nfail c unreadable\nfile d/x.jpg\n"
                               : "file a.jpg\nfail b unreadable\nfile c/x.jpg\nfile d/x.jpg\n");

    struct th_walk *walk;
    struct th_walk_entry entry;
    cr_assert_eq(th_walk_create(&options, &walk, NULL), THUMBS_OK);
    for (int i = 0; i < 2; i++) {
        cr_assert(th_walk_next(walk, &entry));
        if (i == 1) {
            cr_expect_str_eq(entry.name, "");
            cr_expect_str_eq(entry.dir->path, "b");
            cr_expect_eq(entry.dir->fd, -1);
            cr_expect_eq(entry.error.os_errno, EACCES);
        }
        th_walk_entry_finish(&entry);
    }
    th_walk_destroy(walk);

    sources[0] = in(&box, "b");
    expect_create_fails(&options, THUMBS_UNREADABLE, "/b");
    /* A file in a folder that may be passed through but not read is a SOURCE like any other. */
    sources[0] = in(&box, "c/x.jpg");
    expect_walk(&options, "file x.jpg\n");
    if (root) cr_assert(!seteuid(0));
    box_remove(&box);
}

Test(walk, read_errors_half_way)
{
    struct box box = box_make();
    char name[100];
    for (unsigned i = 0; i < 50; i++) {
        snprintf(name, sizeof name, "f%02u.jpg", i);
        put(&box, name, "");
    }
    put(&box, "sub/x.jpg", "");
    const char *source = box.path;
    struct th_walk_options options = options_for(&source, 1);
    fs.max_names = 2; /* 600 bytes: some twenty short ones */
    fs.fail_call = 2;
    struct th_walk *walk;
    struct th_walk_entry entry;
    unsigned n_files = 0, n_failed = 0;
    cr_assert_eq(th_walk_create(&options, &walk, NULL), THUMBS_OK);
    while (th_walk_next(walk, &entry)) {
        if (entry.kind == TH_WALK_FAILED) {
            n_failed++;
            cr_expect_eq(entry.error.code, THUMBS_UNREADABLE);
            cr_expect_eq(entry.error.os_errno, EIO);
            cr_expect_str_eq(entry.name, "");
            cr_expect_str_eq(entry.dir->path, "");
        } else {
            n_files++;
        }
        th_walk_entry_finish(&entry);
    }
    th_walk_destroy(walk);
    cr_expect_eq(n_failed, 1);
    cr_expect(n_files > 0 && n_files < 51, "%u", n_files);
    box_remove(&box);
}

/* Each reading of a folder read in parts fails, but it is one failure. */
Test(walk, read_errors_in_each_part)
{
    struct box box = box_make();
    char name[300];
    for (unsigned i = 0; i < 200; i++) {
        snprintf(name, sizeof name, "f%0200u.jpg", i);
        put(&box, name, "");
    }
    const char *source = box.path;
    struct th_walk_options options = options_for(&source, 1);
    options.names_bytes = 1;
    fs.max_names = 2;
    fs.fail_each = 40;
    char *text = walk_text(&options);
    unsigned n_files = 0, n_failed = 0;
    for (const char *line = text; *line; line = strchr(line, '\n') + 1) {
        n_files += !strncmp(line, "file f", 6);
        n_failed += !strncmp(line, "fail  unreadable\n", 17);
    }
    cr_expect_eq(n_failed, 1, "%u", n_failed);
    cr_expect(n_files > 40 && n_files < 200, "%u", n_files);
    cr_expect_gt(fs.calls, 160, "it was read in parts");
    free(text);
    box_remove(&box);
}

Test(walk, names_too_long_to_hold)
{
    struct box box = box_make();
    put_all(&box, (const char *const[]){"a.jpg", "d/b.jpg", NULL});
    const char *source = box.path;
    struct th_walk_options options = options_for(&source, 1);
    fs.long_name = true;
    expect_walk(&options, "fail  unreadable\nfile a.jpg\nfile d/b.jpg\n");
    box_remove(&box);
}

/* ---- folders in flight ----------------------------------------------------------------------- */

static unsigned n_places_freed;

static void free_place(void *place)
{
    n_places_freed++;
    free(place);
}

Test(walk, folders_outlive_the_walk)
{
    struct box box = box_make();
    put_all(&box, (const char *const[]){"d/a.jpg", "d/b.jpg", "e/c.jpg", NULL});
    const char *source = box.path;
    struct th_walk_options options = options_for(&source, 1);
    struct th_walk *walk;
    struct th_walk_entry a, b, c, none;
    cr_assert_eq(th_walk_create(&options, &walk, NULL), THUMBS_OK);
    cr_assert(th_walk_next(walk, &a) && th_walk_next(walk, &b) && th_walk_next(walk, &c));
    cr_assert_not(th_walk_next(walk, &none));
    cr_expect_eq(a.dir, b.dir, "one folder, one th_dir");
    cr_expect_neq(a.dir, c.dir);
    a.dir->place_free = free_place;
    atomic_store(&a.dir->place, malloc(1));
    th_walk_destroy(walk);

    int fd = openat(b.dir->fd, b.name, O_RDONLY | O_CLOEXEC);
    cr_expect(fd >= 0);
    close(fd);
    cr_expect_str_eq(b.dir->path, "d");
    struct th_dir *dir = th_dir_ref(b.dir);
    cr_expect_eq(dir, b.dir);
    const int dir_fd = dir->fd;
    th_walk_entry_finish(&a);
    th_walk_entry_finish(&b);
    th_walk_entry_finish(&c);
    cr_expect_eq(n_places_freed, 0);
    cr_expect_neq(fcntl(dir_fd, F_GETFD), -1);
    th_dir_unref(dir);
    cr_expect_eq(n_places_freed, 1);
    cr_expect_eq(fcntl(dir_fd, F_GETFD), -1);
    box_remove(&box);
}

Test(walk, stops_anywhere)
{
    struct box box = box_make();
    put_chain(box.fd, "d", 60, true);
    const char *source = box.path;
    struct th_walk_options options = options_for(&source, 1);
    for (unsigned stop = 0; stop < 121; stop += 7) {
        struct th_walk *walk;
        struct th_walk_entry entry;
        cr_assert_eq(th_walk_create(&options, &walk, NULL), THUMBS_OK);
        for (unsigned i = 0; i < stop && th_walk_next(walk, &entry); i++)
            th_walk_entry_finish(&entry);
        th_walk_destroy(walk);
    }
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    cr_expect_lt(fd, 40, "folders were left open");
    close(fd);
    box_remove(&box);
}

/* ---- SOURCE beyond PATH_MAX ------------------------------------------------------------------ */

/* `shift` more slashes, so that the path is parted at every place in a name, and between slashes.
 */
static void expect_long_sources(const struct box *box, int shift)
{
    struct th_bytes path = {0};
    for (int i = 0; i < shift; i++)
        th_bytes_addc(&path, '/');
    th_bytes_adds(&path, box->path);
    for (int i = 0; i < 300; i++)
        th_bytes_adds(&path, i % 7 ? "/a folder of 20 bytes" : "///a folder of 20 bytes");
    th_bytes_adds(&path, "//");
    cr_assert_gt(path.len, PATH_MAX);
    struct th_bytes file = {0};
    th_bytes_adds(&file, path.data);
    th_bytes_adds(&file, "f.jpg");
    const char *sources[] = {path.data, file.data};
    struct th_walk_options options = options_for(sources, 1);
    expect_walk(&options, "file f.jpg\n");
    options.n_sources = 2;
    expect_walk(&options, "file f.jpg\nfile a folder of 20 bytes/f.jpg\n");
    th_bytes_adds(&file, "x");
    sources[1] = file.data;
    expect_create_fails(&options, THUMBS_VANISHED, "");
    th_bytes_finish(&path);
    th_bytes_finish(&file);
}

Test(walk, sources_beyond_path_max)
{
    struct box box = box_make();
    put_chain(box.fd, "a folder of 20 bytes", 300, false);
    for (int shift = 0; shift < 150; shift++)
        expect_long_sources(&box, shift);
    box_remove(&box);
}

/* ---- no memory, no descriptors --------------------------------------------------------------- */

#ifdef THUMBS_FAULTS
/* One walk with the n-th pass of a point failing, in a process of its own. 0: all files were found
 * and nothing failed; 1: something failed, and it was said; anything else is a mistake. */
static int walk_with_fault(const struct th_walk_options *options, const char *point, unsigned n,
                           unsigned n_files)
{
    pid_t pid = fork();
    cr_assert(pid >= 0);
    if (pid == 0) {
        alarm(60); /* the runner's own limit does not reach this process */
        char text[40];
        struct th_walk *walk = NULL;
        struct th_walk_entry entry;
        struct thumbs_error err = {0};
        unsigned n_found = 0, n_failed = 0;
        snprintf(text, sizeof text, "%s:%u", point, n);
        setenv("THUMBS_FAULT", text, 1);
        if (th_walk_create(options, &walk, &err))
            _exit(!walk && err.code && err.message[0] ? 1 : 2);
        while (th_walk_next(walk, &entry)) {
            if (!entry.name) _exit(3);
            n_found += entry.kind == TH_WALK_FILE;
            if (entry.kind == TH_WALK_FAILED) {
                n_failed++;
                if (!entry.error.code || !entry.error.message[0]) _exit(4);
            }
            th_walk_entry_finish(&entry);
        }
        th_walk_destroy(walk);
        if (n_found > n_files || n_failed > 1) _exit(5);
        if (n_found < n_files && !n_failed) _exit(6); /* a file was lost without a word */
        _exit(n_failed ? 1 : 0);
    }
    int status; /* nothing of base may be called in this process: it would read the plan of faults
                   before it is set */
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 100 + status;
}
#endif

Test(walk, list_says_what_it_loses_to_faults, .timeout = 120)
{
#ifdef THUMBS_FAULTS
    struct box box = box_make_large();
    put_all(&box,
            (const char *const[]){"a.jpg", "a.png", "e/b.jpg", "e/f/c.jpg", "g/h/d.jpg", NULL});
    const char *source = box.path;
    struct th_walk_options options = options_for(&source, 1);
    static const char list[] = "a.png\ne\ng/h/d.jpg\na.jpg\n";
    int fd = openat(box.fd, "list", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    cr_assert_eq(write(fd, list, sizeof list - 1), (ssize_t)sizeof list - 1);
    close(fd);
    options.list = in(&box, "list");
    options.names_bytes = 1;
    static const char *const points[] = {"alloc", "open", "read"};
    for (size_t p = 0; p < 3; p++) {
        unsigned n_told = 0;
        for (unsigned n = 1; n < 60; n++) {
            int result = walk_with_fault(&options, points[p], n, 5);
            cr_expect(result == 0 || result == 1, "%s:%u gives %d", points[p], n, result);
            n_told += result == 1;
        }
        cr_expect_gt(n_told, 3, "%s", points[p]);
    }
    box_remove(&box);
#else
    cr_skip_test("built without THUMBS_FAULTS");
#endif
}

Test(walk, says_what_it_loses_to_faults, .timeout = 120)
{
#ifdef THUMBS_FAULTS
    struct box box = box_make_large();
    put_all(&box, (const char *const[]){"p/a.jpg", "p/a.png", "p/e/b.jpg", "p/x/", "q.jpg", NULL});
    put_chain(box.fd, "c", 45, true);
    cr_assert(!symlinkat("..", box.fd, "p/e/up"));
    const char *sources[] = {in(&box, "p"), in(&box, "q.jpg"), in(&box, "c")};
    struct th_walk_options options = options_for(sources, 3);
    options.globs = (const char *const[]){"-x", "-y"};
    options.n_globs = 2;
    options.follow = true;
    options.names_bytes = 1;
    static const char *const points[] = {"alloc", "open", "read"};
    for (size_t p = 0; p < 3; p++) {
        unsigned n_told = 0;
        for (unsigned n = 1; n < 600; n++) {
            int result = walk_with_fault(&options, points[p], n, 4 + 2 * 45 - 1 + 1);
            cr_expect(result == 0 || result == 1, "%s:%u gives %d", points[p], n, result);
            n_told += result == 1;
        }
        cr_expect_gt(n_told, 50, "%s", points[p]);
    }
    box_remove(&box);
#else
    cr_skip_test("built without THUMBS_FAULTS");
#endif
}
