/* SPDX-License-Identifier: MIT */
/* The naming room: templates, the names of a source's outputs, who else wants them. */
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sys.h"
#include "naming/claims.h"
#include "naming/clashes.h"
#include "naming/fold.h"
#include "naming/outputs.h"
#include "naming/promise.h"
#include "naming/template.h"

TestSuite(template, .timeout = 120);
TestSuite(naming, .timeout = 120);

static const struct thumbs_size square = {256, 256, true}, box = {256, 192, false},
                                wide = {256, 0, false}, high = {0, 192, false};

static struct th_template *make_template(const char *text, unsigned n_sizes)
{
    struct thumbs_image_options options = {.n_sizes = n_sizes, .n_formats = 1};
    struct th_template *t = NULL;
    struct thumbs_error err = {0};
    cr_assert_eq(th_template_create(text, &options, &t, &err), THUMBS_OK, "%s", err.message);
    return t;
}

static char *expand(const char *text, unsigned n_sizes, const struct th_name_parts *parts)
{
    struct th_template *t = make_template(text, n_sizes);
    char *path = th_template_expand(t, parts);
    cr_assert(path);
    th_template_destroy(t);
    return path;
}

Test(template, fills_in_names)
{
    static const struct {
        const char *text;
        unsigned n_sizes;
        const char *dir, *name;
        bool keep_extension;
        const struct thumbs_size *size;
        const char *want;
    } cases[] = {
        {NULL, 1, "a/b", "c.png", false, &square, "a/b/c.jpg"},
        {NULL, 1, "", "c.png", false, &square, "c.jpg"},
        {NULL, 1, "", "c.png", true, &square, "c.png.jpg"},
        {NULL, 2, "a", "c.png", false, &square, "a/c-256.jpg"},
        {NULL, 2, "a", "c.png", false, &box, "a/c-256x192.jpg"},
        {NULL, 2, "a", "c.png", false, &wide, "a/c-256x.jpg"},
        {NULL, 2, "a", "c.png", false, &high, "a/c-x192.jpg"},
        {NULL, 1, "", ".bashrc", false, &square, ".bashrc.jpg"},
        {NULL, 1, "", "no ending", false, &square, "no ending.jpg"},
        {NULL, 1, "", "two.dots.JPEG", false, &square, "two.dots.jpg"},
        {NULL, 1, "", "end.", false, &square, "end.jpg"},
        {NULL, 1, "", "new\nline.png", false, &square, "new\nline.jpg"},
        {NULL, 1, "\xff", "\xfe.png", false, &square, "\xff/\xfe.jpg"},
        {NULL, 1, "", ".thumbs-x.png", false, &square, "_.thumbs-x.jpg"},
        {NULL, 1, "", "_.thumbs-x.png", false, &square, "__.thumbs-x.jpg"},
        {NULL, 1, ".thumbs", "x.png", false, &square, "_.thumbs/x.jpg"},
        {NULL, 1, "a/.thumbs", "x.png", false, &square, "a/.thumbs/x.jpg"},
        {NULL, 1, ".thumbs-1", "x.png", false, &square, "_.thumbs-1/x.jpg"},
        {NULL, 1, "_x", "_y.png", false, &square, "_x/_y.jpg"},
        {"{stem}", 1, "", "..jpg", false, &square, "_."},
        {"{stem}", 1, "", "...jpg", false, &square, "_.."},
        {"{stem}", 1, "", ".thumbs", false, &square, "_.thumbs"},
        {"{dir}", 1, "", "x", false, &square, "_"},
        {"x{dir}/{stem}", 1, "a/b", "c.d", false, &square, "xa/b/c"},
        {"./x/.//{stem}.{ext}", 1, "", "c.png", false, &square, "x/c.jpg"},
        {"{{{stem}}}.{ext}", 1, "", "c.png", false, &square, "{c}.jpg"},
        {"{width}x{height}/{format}-{stem}", 1, "", "c.png", false, &square, "20x10/jpeg-c"},
        {"{name}.{ext}", 1, "", "c.png", false, &square, "c.png.jpg"},
        {"{name}/{stem}", 1, "", "c.png", true, &square, "c.png/c.png"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct th_name_parts parts = {.dir = cases[i].dir,
                                            .name = cases[i].name,
                                            .keep_extension = cases[i].keep_extension,
                                            .size = cases[i].size,
                                            .width = 20,
                                            .height = 10,
                                            .format = THUMBS_FORMAT_JPEG};
        char *path = expand(cases[i].text, cases[i].n_sizes, &parts);
        cr_expect_str_eq(path, cases[i].want, "case %zu: \"%s\", not \"%s\"", i, path,
                         cases[i].want);
        free(path);
    }
}

Test(template, digits_of_the_hash)
{
    static const struct {
        const char *text, *want;
        unsigned digits;
    } cases[] = {{"{hash}.{ext}", "0123456789abcdef.png", 16},
                 {"{hash:2}/{hash:1}", "01/0", 2},
                 {"{hash:16}", "0123456789abcdef", 16},
                 {"{dir}/{stem}", "d/c", 0}};
    const struct th_name_parts parts = {
        .dir = "d", .name = "c.png", .hash = 0x0123456789abcdef, .format = THUMBS_FORMAT_PNG};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct th_template *t = make_template(cases[i].text, 1);
        char *path = th_template_expand(t, &parts);
        cr_expect_str_eq(path, cases[i].want);
        cr_expect_eq(th_template_hash_digits(t), cases[i].digits);
        th_template_destroy(t);
        free(path);
    }
}

static char *expand_long(const char *name, const struct thumbs_size *size)
{
    const struct th_name_parts parts = {.dir = "d",
                                        .name = name,
                                        .keep_extension = true,
                                        .size = size,
                                        .format = THUMBS_FORMAT_WEBP};
    return expand(NULL, 2, &parts);
}

Test(template, long_names_are_cut_and_stay_apart)
{
    char name[256], other[256];
    memset(name, 'n', 255);
    name[255] = '\0';
    memcpy(other, name, sizeof name);
    other[254] = 'm';
    char *paths[] = {expand_long(name, &square), expand_long(name, &box),
                     expand_long(other, &square)};
    for (int i = 0; i < 3; i++) {
        cr_expect_eq(strlen(paths[i]), 2 + 255);
        cr_expect_str_eq(paths[i] + strlen(paths[i]) - 5, ".webp");
        cr_expect_eq(paths[i][2 + 255 - 5 - 17], '~');
        for (int k = 0; k < i; k++)
            cr_expect_str_neq(paths[i], paths[k]);
    }
    for (int i = 0; i < 3; i++)
        free(paths[i]);
}

Test(template, cut_names_end_in_whole_characters)
{
    char name[256];
    for (int i = 0; i < 85; i++)
        memcpy(name + 3 * i, "\xe2\x82\xac", 3);
    name[255] = '\0';
    for (int drop = 0; drop < 3; drop++) {
        char shifted[256] = "ab";
        memcpy(shifted + drop, name, 255 - 3);
        shifted[255 - 3 + drop] = '\0';
        char *path = expand_long(shifted, &square), *mark = strchr(path, '~');
        cr_assert(mark);
        cr_expect_leq(strlen(path), 2 + 255);
        cr_expect_eq((mark - path - 2 - drop) % 3, 0);
        free(path);
    }
}

Test(template, folders_too_long_with_their_underscore_are_cut)
{
    char dir[256];
    memset(dir, 'x', 255);
    memcpy(dir, ".thumbs-", 8);
    dir[255] = '\0';
    const struct th_name_parts parts = {.dir = dir, .name = "x", .format = THUMBS_FORMAT_JPEG};
    char *path = expand(NULL, 1, &parts);
    cr_expect_eq(strchr(path, '/') - path, 255);
    cr_expect_eq(strncmp(path, "_.thumbs-x", 10), 0);
    free(path);
}

Test(template, refuses_what_makes_no_sense)
{
    static const struct {
        const char *text;
        unsigned n_sizes, n_formats;
        const char *message;
    } cases[] = {
        {"", 1, 1, "empty"},
        {"/tmp/{stem}", 1, 1, "relative"},
        {"../{stem}", 1, 1, "\"..\""},
        {"a/../{stem}", 1, 1, "\"..\""},
        {"{stem}/..", 1, 1, "\"..\""},
        {"{stem}/", 1, 1, "folder"},
        {"{stem}/.", 1, 1, "folder"},
        {"{nonsense}", 1, 1, "unknown field \"{nonsense}\""},
        {"{Stem}", 1, 1, "{stem}"},
        {"{}", 1, 1, "unknown"},
        {"{hash:0}", 1, 1, "{hash:N} (N from 1 to 16)"},
        {"{hash:17}", 1, 1, "unknown field"},
        {"{hash:}", 1, 1, "unknown field"},
        {"{hash:4294967298}", 1, 1, "unknown field"},
        {"{hash:2x}", 1, 1, "unknown field"},
        {"{stem:2}", 1, 1, "unknown field"},
        {"{stem", 1, 1, "without '}'"},
        {"{stem/x}", 1, 1, "without '}'"},
        {"stem}", 1, 1, "without '{'"},
        {"{stem}.{ext}", 2, 1, "{size}"},
        {"{stem}-{size}", 2, 2, "{ext}"},
        {"{stem}.jpg", 1, 2, "{ext}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct thumbs_image_options options = {.n_sizes = cases[i].n_sizes,
                                                     .n_formats = cases[i].n_formats};
        struct th_template *t = NULL;
        struct thumbs_error err = {0};
        cr_expect_eq(th_template_create(cases[i].text, &options, &t, &err), THUMBS_USAGE, "\"%s\"",
                     cases[i].text);
        cr_expect_null(t);
        cr_expect_eq(err.code, THUMBS_USAGE);
        cr_expect(strstr(err.message, cases[i].message), "\"%s\" gives \"%s\"", cases[i].text,
                  err.message);
    }
    th_template_destroy(NULL);
}

Test(template, accepts_any_field_that_tells_outputs_apart)
{
    static const char *const texts[] = {"{stem}-{width}.{ext}", "{height}/{format}/{stem}",
                                        "{size}{ext}"};
    for (size_t i = 0; i < 3; i++) {
        const struct thumbs_image_options options = {.n_sizes = 3, .n_formats = 2};
        struct th_template *t = NULL;
        cr_expect_eq(th_template_create(texts[i], &options, &t, NULL), THUMBS_OK);
        th_template_destroy(t);
    }
}

Test(template, knows_when_sources_may_meet)
{
    static const struct {
        const char *text;
        bool injective;
    } cases[] = {
        {NULL, true},
        {"{dir}/{stem}", true},
        {"x/{dir}/{size}/{stem}.{ext}", true},
        {"{dir}/{name}.{ext}", true},
        {"{dir}/{stem}{hash}.{ext}", true},
        {"{dir}/{hash:3}{stem}", true},
        {"{hash}.{ext}", false},
        {"{dir}/{hash}", false},
        {"{name}.{ext}", false},
        {"{dir}/{name}{width}", false},
        {"{dir}/{stem}{hash}{width}", false},
        {"{dir}/{stem}-{width}x{height}.{ext}", true},
        {"{dir}/{width}-{stem}", true},
        {"{stem}.{ext}", false},
        {"{dir}/x.{ext}", false},
        {"{dir}-{stem}", false},
        {"x{dir}/{stem}", false},
        {"{dir}/{stem}{width}", false},
        {"{dir}/{stem}1{width}", false},
        {"{dir}/{stem}{ext}", false},
        {"{dir}/{size}{stem}", false},
        {"plain.jpg", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct th_template *t = make_template(cases[i].text, 1);
        cr_expect_eq(th_template_is_injective(t), cases[i].injective, "case %zu", i);
        th_template_destroy(t);
    }
}

/* ---- outputs of a source ---- */

/* A folder for the rules to look at: names with what they are. */
static const struct {
    const char *name, *first;
    enum th_beside kind;
} folder[] = {
    {"a.webp", "\xff\xd8\xff\xe0", TH_BESIDE_FILE},
    {"a.webp.JPG", "\xff\xd8\xff\xe0", TH_BESIDE_FILE},
    {"a.webp.orig", "\xff\xd8\xff\xe0", TH_BESIDE_FILE},
    {"b.jpg", "", TH_BESIDE_FOLDER},
};

static enum th_beside look(void *user, const char *name)
{
    (void)user;
    for (size_t i = 0; i < sizeof folder / sizeof *folder; i++)
        if (strcmp(folder[i].name, name) == 0) return folder[i].kind;
    return TH_BESIDE_NOTHING;
}

static size_t peek(void *user, const char *name, bool follow, uint8_t *first, size_t most)
{
    (void)user, (void)follow;
    for (size_t i = 0; i < sizeof folder / sizeof *folder; i++) {
        size_t n = strlen(folder[i].first);
        if (strcmp(folder[i].name, name) != 0) continue;
        memcpy(first, folder[i].first, n < most ? n : most);
        return n;
    }
    return 0;
}

static struct thumbs_image_options image;

static struct th_naming naming_of(struct th_template *template, enum thumbs_format format)
{
    image = (struct thumbs_image_options){
        .n_sizes = 1, .n_formats = 1, .sizes[0] = square, .formats[0] = format};
    return (struct th_naming){.template = template, .image = &image, .look = look, .peek = peek};
}

Test(naming, predicts_by_the_ending)
{
    struct th_template *t = make_template(NULL, 1);
    struct th_naming naming = naming_of(t, THUMBS_FORMAT_KEEP);
    const struct th_naming_source source = {.dir = "d", .name = "a.webp"};
    char *path = th_outputs_predict_path(&naming, &source, 0);
    cr_expect_str_eq(path, "d/a.webp");
    free(path);
    th_template_destroy(t);
}

Test(naming, what_keeps_sources_apart)
{
    static const struct {
        const char *text;
        enum thumbs_format format;
        enum th_apart apart;
    } cases[] = {{NULL, THUMBS_FORMAT_KEEP, TH_APART_BY_NAME},
                 {"{dir}/{stem}-{hash:2}", THUMBS_FORMAT_JPEG, TH_APART_BY_NAME},
                 {"{hash:2}/{hash}", THUMBS_FORMAT_KEEP, TH_APART_BY_CONTENT},
                 {"{stem}-{hash}", THUMBS_FORMAT_JPEG, TH_APART_BY_CONTENT},
                 {"{hash:15}", THUMBS_FORMAT_JPEG, TH_APART_IF_CLAIMED},
                 {"{stem}.{ext}", THUMBS_FORMAT_JPEG, TH_APART_IF_COMPARED},
                 {"{stem}.{ext}", THUMBS_FORMAT_KEEP, TH_APART_IF_CLAIMED},
                 {"{stem}{width}", THUMBS_FORMAT_JPEG, TH_APART_IF_CLAIMED}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct th_template *t = make_template(cases[i].text, 1);
        struct th_naming naming = naming_of(t, cases[i].format);
        cr_expect_eq(th_outputs_apart(&naming), cases[i].apart, "case %zu", i);
        th_template_destroy(t);
    }
}

static char *hashed(uint64_t content, uint64_t recipe, const char *name, uint32_t i)
{
    struct th_template *t = make_template("{hash}", 1);
    struct th_naming naming = naming_of(t, THUMBS_FORMAT_JPEG);
    const struct th_naming_source source = {.dir = name, .name = name, .content = content};
    naming.recipe = recipe;
    image.n_sizes = 2;
    image.sizes[1] = box;
    char *path = th_outputs_predict_path(&naming, &source, i);
    th_template_destroy(t);
    return path;
}

Test(naming, hash_is_of_content_options_and_size_and_of_no_name)
{
    char *one = hashed(1, 2, "a.png", 0), *same = hashed(1, 2, "b.gif", 0);
    cr_expect_str_eq(one, same);
    /* Names that a CDN keeps for years: they must be the same on every machine. */
    cr_expect_str_eq(one, "be7de65345a0c8e4");
    char *others[] = {hashed(2, 2, "a.png", 0), hashed(1, 3, "a.png", 0), hashed(1, 2, "a.png", 1)};
    for (size_t i = 0; i < 3; i++) {
        cr_expect_str_neq(one, others[i]);
        free(others[i]);
    }
    free(one);
    free(same);
}

Test(naming, content_that_breaks_a_promise_takes_the_whole_name_unless_it_is_anothers)
{
    struct th_template *t = make_template(NULL, 1);
    struct th_naming naming = naming_of(t, THUMBS_FORMAT_KEEP);
    const struct th_image_result jpeg = {.n_outputs = 1,
                                         .outputs[0] = {.format = THUMBS_FORMAT_JPEG, .sizes = 1}};
    struct th_naming_source source = {.dir = "", .name = "c.webp"};
    char *path = NULL;
    cr_expect(th_outputs_keep_extension(&naming, &source, &jpeg));
    cr_expect_eq(th_outputs_path(&naming, &source, true, &jpeg.outputs[0], &path, NULL), THUMBS_OK);
    cr_expect_str_eq(path, "c.webp.jpg");
    free(path);
    /* a.webp.JPG stands there, and keeps its promise: the name is its own. */
    source.name = "a.webp";
    cr_expect_eq(th_outputs_path(&naming, &source, true, &jpeg.outputs[0], &path, NULL),
                 THUMBS_NAME_CLASH);
    /* a.webp.orig leads to a.webp.jpg, which a.webp needs. */
    source.name = "a.webp.orig";
    cr_expect_eq(th_outputs_path(&naming, &source, false, &jpeg.outputs[0], &path, NULL),
                 THUMBS_NAME_CLASH);
    th_template_destroy(t);
}

Test(naming, folder_with_the_name_of_an_output)
{
    struct th_template *t = make_template(NULL, 1), *hash = make_template("{hash}", 1);
    struct th_naming naming = naming_of(t, THUMBS_FORMAT_JPEG);
    const struct th_naming_source in_the_way = {.dir = "", .name = "b.png"},
                                  free_name = {.dir = "", .name = "a.png"};
    cr_expect(th_outputs_meet_folder(&naming, &in_the_way));
    cr_expect_not(th_outputs_meet_folder(&naming, &free_name));
    naming = naming_of(hash, THUMBS_FORMAT_JPEG);
    cr_expect_not(th_outputs_meet_folder(&naming, &in_the_way));
    th_template_destroy(t);
    th_template_destroy(hash);
}

/* ---- who else wants a name ---- */

static bool are_one(const char *a, const char *b, unsigned how)
{
    struct th_bytes x = {0}, y = {0};
    th_fold_path(&x, a, how);
    th_fold_path(&y, b, how);
    bool one = strcmp(th_bytes_str(&x), th_bytes_str(&y)) == 0;
    th_bytes_finish(&x);
    th_bytes_finish(&y);
    return one;
}

Test(naming, folded_names)
{
    cr_expect(are_one("A/b.JPG", "a/B.jpg", TH_FOLD_CASE));
    cr_expect_not(are_one("A.jpg", "a.jpg", TH_FOLD_FORM));
    cr_expect_not(are_one("A.jpg", "a.jpg", 0));
    cr_expect_not(are_one("a/b", "ab", TH_FOLD_CASE | TH_FOLD_FORM));
    /* No UTF-8: bytes, but for ASCII letters. */
    cr_expect(are_one("\xff"
                      "A",
                      "\xff"
                      "a",
                      TH_FOLD_CASE));
    cr_expect_not(are_one("\xff"
                          "a",
                          "\xfe"
                          "a",
                          TH_FOLD_CASE | TH_FOLD_FORM));
    if (!are_one("\xc3\x84", "\xc3\xa4", TH_FOLD_CASE)) cr_skip_test("built without utf8proc");
    cr_expect(are_one("\xc3\xa9.jpg", "e\xcc\x81.jpg", TH_FOLD_FORM));
    cr_expect_not(are_one("\xc3\xa9.jpg", "e\xcc\x81.jpg", TH_FOLD_CASE));
    cr_expect(are_one("\xc3\x89.jpg", "e\xcc\x81.JPG", TH_FOLD_CASE | TH_FOLD_FORM));
}

Test(naming, sources_meet_where_names_are_folded)
{
    struct th_template *t = make_template(NULL, 1);
    struct th_naming naming = naming_of(t, THUMBS_FORMAT_JPEG);
    const struct th_naming_source sources[] = {{.dir = "x", .name = "a.png"},
                                               {.dir = "x", .name = "b.png"},
                                               {.dir = "X", .name = "A.png"}};
    struct th_clashes clashes = {0};
    naming.fold = TH_FOLD_CASE;
    cr_expect_eq(th_outputs_apart(&naming), TH_APART_IF_CLAIMED);
    for (size_t i = 0; i < 3; i++)
        cr_assert(th_clashes_add(&clashes, &naming, &sources[i]));
    th_clashes_settle(&clashes);
    cr_expect(th_clashes_want(&clashes, &naming, &sources[0]));
    cr_expect_not(th_clashes_want(&clashes, &naming, &sources[1]));
    cr_expect(th_clashes_want(&clashes, &naming, &sources[2]));
    th_clashes_finish(&clashes);
    th_template_destroy(t);
}

Test(naming, names_wanted_twice_are_found_whatever_the_order)
{
    struct th_template *t = make_template("{stem}.{ext}", 1);
    struct th_naming naming = naming_of(t, THUMBS_FORMAT_JPEG);
    const struct th_naming_source sources[] = {{.dir = "x", .name = "a.png"},
                                               {.dir = "x", .name = "b.png"},
                                               {.dir = "y", .name = "a.gif"},
                                               {.dir = "z", .name = "c.png"}};
    struct th_clashes clashes = {0};
    for (size_t i = 0; i < 4; i++)
        cr_assert(th_clashes_add(&clashes, &naming, &sources[i]));
    th_clashes_settle(&clashes);
    for (size_t i = 0; i < 4; i++)
        cr_expect_eq(th_clashes_want(&clashes, &naming, &sources[i]), i == 0 || i == 2, "%zu", i);
    th_clashes_finish(&clashes);
    cr_expect_not(th_clashes_want(&clashes, &naming, &sources[0]));
    th_template_destroy(t);
}

/* The width is not known before a picture is decoded, so all sizes of a format are predicted alike.
 */
Test(naming, a_source_does_not_clash_with_itself)
{
    struct th_template *t = make_template("{width}/{stem}.{ext}", 2);
    struct thumbs_image_options options = {
        .n_sizes = 2, .n_formats = 2, .formats = {THUMBS_FORMAT_JPEG, THUMBS_FORMAT_WEBP}};
    struct th_naming naming = naming_of(t, THUMBS_FORMAT_JPEG);
    const struct th_naming_source source = {.dir = "x", .name = "a.png"},
                                  other = {.dir = "y", .name = "a.gif"};
    struct th_clashes clashes = {0};
    naming.image = &options;
    cr_assert(th_clashes_add(&clashes, &naming, &source));
    th_clashes_settle(&clashes);
    cr_expect_not(th_clashes_want(&clashes, &naming, &source));
    th_clashes_finish(&clashes);
    cr_assert(th_clashes_add(&clashes, &naming, &source));
    cr_assert(th_clashes_add(&clashes, &naming, &other));
    th_clashes_settle(&clashes);
    cr_expect(th_clashes_want(&clashes, &naming, &source));
    cr_expect(th_clashes_want(&clashes, &naming, &other));
    th_clashes_finish(&clashes);
    th_template_destroy(t);
}

Test(naming, names_are_claimed_once)
{
    struct th_claims *claims = th_claims_create();
    char path[32];
    cr_assert_not_null(claims);
    for (int owner = 1; owner <= 2; owner++) {
        for (int i = 0; i < 3000; i++) {
            snprintf(path, sizeof path, "%d.jpg", i);
            cr_expect_eq(th_claims_add(claims, path, (uint64_t)owner), owner == 1, "%d", i);
            cr_expect(th_claims_add(claims, path, 1), "again by who has it");
        }
    }
    th_claims_destroy(claims);
}

Test(naming, what_endings_promise)
{
    cr_expect_eq(th_promise_format("a.JPEG"), THUMBS_FORMAT_JPEG);
    cr_expect_eq(th_promise_format(".jpg"), THUMBS_FORMAT_NONE);
    const struct thumbs_image_options plain = {0}, all = {.allow_untrusted = 1};
    cr_expect(th_promise_is_image(&plain, "a.cr2"));
    cr_expect_not(th_promise_is_image(&plain, "a.psd"));
    cr_expect_not(th_promise_is_image(&plain, "jpg"));
    cr_expect_not(th_promise_is_image(&plain, "a.pdf"));
    cr_expect(th_promise_is_image(&all, "a.PDF"));
    cr_expect_not(th_promise_is_image(&all, "a.psd"));
}
