/* SPDX-License-Identifier: MIT */
/*
 * The command line: any words, split at NULs. The parser neither ends the process nor prints; what
 * it refuses it names in one line that is fit for a terminal; what it takes is within the bounds
 * that the rest of the program relies on.
 */
#include "cli/option_table.h"
#include "cli/options.h"
#include "fuzz.h"

enum { MAX_WORDS = 64 };

/* ---- nothing is printed ---- */

static size_t n_printed;

static ssize_t count_printed(void *cookie, const char *data, size_t len)
{
    (void)cookie, (void)data;
    n_printed += len;
    return (ssize_t)len;
}

static FILE *trap(void)
{
    static FILE *stream;
    if (!stream) stream = fopencookie(NULL, "w", (cookie_io_functions_t){.write = count_printed});
    if (!stream) abort();
    setvbuf(stream, NULL, _IONBF, 0);
    return stream;
}

static enum thumbs_code parse(int argc, char **argv, struct cli_settings *settings,
                              struct th_bytes *message)
{
    FILE *out = stdout, *err = stderr;
    stdout = stderr = trap();
    enum thumbs_code code = cli_parse(argc, argv, settings, message);
    stdout = out;
    stderr = err;
    fuzz_check(n_printed == 0);
    return code;
}

/* ---- what was refused ---- */

/* Are these the bytes of one well-formed UTF-8 sequence that is no control character? Their number,
 * or 0. */
static size_t printable_len(const unsigned char *s)
{
    if (s[0] >= 0x20 && s[0] < 0x7f) return 1;
    uint32_t v;
    size_t n;
    if (s[0] >= 0xc2 && s[0] <= 0xdf) {
        v = s[0] & 0x1f;
        n = 2;
    } else if (s[0] >= 0xe0 && s[0] <= 0xef) {
        v = s[0] & 0xf;
        n = 3;
    } else if (s[0] >= 0xf0 && s[0] <= 0xf4) {
        v = s[0] & 7;
        n = 4;
    } else {
        return 0;
    }
    for (size_t i = 1; i < n; i++) {
        if ((s[i] & 0xc0) != 0x80) return 0;
        v = v << 6 | (s[i] & 0x3f);
    }
    static const uint32_t least[] = {0, 0, 0xa0, 0x800,
                                     0x10000}; /* U+0080 to U+009F are controls */
    return v >= least[n] && v <= 0x10ffff && !(v >= 0xd800 && v <= 0xdfff) ? n : 0;
}

static void check_message(const struct th_bytes *message)
{
    fuzz_check(message->len > 0 && strlen(message->data) == message->len);
    for (size_t i = 0, n; i < message->len; i += n) {
        n = printable_len((const unsigned char *)message->data + i);
        fuzz_check(n > 0);
    }
}

/* ---- what was taken ---- */

static void check_image(const struct thumbs_image_options *image)
{
    fuzz_check(image->n_sizes >= 1 && image->n_sizes <= THUMBS_MAX_SIZES);
    for (uint32_t i = 0; i < image->n_sizes; i++) {
        const struct thumbs_size *size = &image->sizes[i];
        fuzz_check(size->width || size->height);
        fuzz_check(size->width <= THUMBS_MAX_SIDE && size->height <= THUMBS_MAX_SIDE);
        fuzz_check(!size->square || size->width == size->height);
    }
    fuzz_check(image->n_formats >= 1 && image->n_formats <= THUMBS_MAX_FORMATS);
    for (uint32_t i = 0; i < image->n_formats; i++)
        fuzz_check(image->formats[i] > THUMBS_FORMAT_NONE &&
                   image->formats[i] <= THUMBS_FORMAT_KEEP);
    fuzz_check(image->quality >= 1 && image->quality <= 100 && image->enlarge <= 1);
    fuzz_check(image->fit <= THUMBS_FIT_FILL && image->on_damage <= THUMBS_DAMAGE_FAIL &&
               image->max_pixels >= 1);
}

static bool is_a_word(char *const *argv, int argc, const char *text)
{
    for (int i = 1; i < argc; i++) {
        if (argv[i] == text) return true;
    }
    return false;
}

static void check_run(const struct cli_settings *s, char *const *argv, int argc)
{
    const struct thumbs_options *o = &s->options;
    bool is_here = o->files_from && s->n_operands == 1; /* then SOURCE may be left out */
    fuzz_check(s->n_sources >= 1 && s->n_operands == s->n_sources + !is_here &&
               s->n_operands < (size_t)argc);
    for (size_t i = 0; i < s->n_sources && !is_here; i++)
        fuzz_check(s->sources[i][0] && is_a_word(argv, argc, s->sources[i]));
    if (is_here) fuzz_check(strcmp(s->sources[0], ".") == 0);
    if (o->files_from) fuzz_check(s->n_sources == 1 && o->files_from[0]);
    fuzz_check(s->dest[0] && is_a_word(argv, argc, s->dest));
    fuzz_check(o->jobs <= 1024 && o->io_jobs <= 1024 && o->queue_items <= 1000000);
    fuzz_check(o->mode <= THUMBS_MODE_SYNC && o->io <= THUMBS_IO_URING);
    fuzz_check(!(s->quiet && s->verbose) && s->progress <= CLI_PROGRESS_NEVER);
}

static void check_bench(const struct cli_settings *s, char *const *argv, int argc)
{
    const struct th_bench_config *b = &s->bench;
    fuzz_check(s->n_operands == 1 && b->source[0] && is_a_word(argv, argc, b->source));
    fuzz_check(b->n_runs >= 1 && b->n_runs <= TH_BENCH_MAX_RUNS);
    fuzz_check(b->n_modes >= 1 && b->n_modes <= 3 && b->n_ios >= 1 && b->n_ios <= 2);
    fuzz_check(b->n_jobs >= 1 && b->n_jobs <= TH_BENCH_MAX_LIST);
    fuzz_check(b->n_io_jobs >= 1 && b->n_io_jobs <= TH_BENCH_MAX_LIST);
}

static void check_settings(const struct cli_settings *s, char *const *argv, int argc)
{
    const struct thumbs_options *o = &s->options;
    if (s->action != CLI_ACTION_RUN) return;
    check_image(&o->image);
    fuzz_check(o->queue_bytes >= 1 && o->max_bytes >= 1 && o->timeout_seconds > 0 &&
               o->timeout_seconds <= 1e6);
    fuzz_check(o->n_globs == s->n_globs && (o->globs != NULL || o->n_globs == 0));
    for (size_t i = 0; i < o->n_globs; i++)
        fuzz_check((o->globs[i][0] == '+' || o->globs[i][0] == '-') && o->globs[i][1]);
    if (s->command == CLI_COMMAND_BENCH)
        check_bench(s, argv, argc);
    else
        check_run(s, argv, argc);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct fuzz_input in = {data, len};
    char *argv[MAX_WORDS + 2] = {fuzz_copy("thumbs", sizeof "thumbs")};
    int argc = 1;
    while (in.len > 0 && argc <= MAX_WORDS)
        argv[argc++] = fuzz_string(&in, SIZE_MAX - 1);
    struct cli_settings settings;
    struct th_bytes message = {0};
    enum thumbs_code code = parse(argc, argv, &settings, &message);
    fuzz_check(code == THUMBS_OK || code == THUMBS_USAGE);
    if (code == THUMBS_OK)
        check_settings(&settings, argv, argc);
    else
        check_message(&message);
    cli_settings_finish(&settings);
    th_bytes_finish(&message);
    for (int i = 0; i < argc; i++)
        free(argv[i]);
    return 0;
}
