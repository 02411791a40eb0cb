/* SPDX-License-Identifier: MIT */
#include "image/jpeg/jpeg_planes.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jerror.h>
#include <jpeglib.h>

#include "base/error.h"
#include "base/num.h"
#include "base/sys.h"
#include "image/jpeg/jpeg_progressive.h"

#if JPEG_LIB_VERSION >= 70
#define SCALED_SIZE(component) ((component)->DCT_h_scaled_size)
#define MIN_SCALED_SIZE(jpeg)  ((jpeg)->min_DCT_h_scaled_size)
#else
#define SCALED_SIZE(component) ((component)->DCT_scaled_size)
#define MIN_SCALED_SIZE(jpeg)  ((jpeg)->min_DCT_scaled_size)
#endif

/* Most rows of one component in a row of MCUs: 4 blocks of 8. */
#define MAX_MCU_ROWS 32

struct decoder {
    struct jpeg_decompress_struct jpeg;
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress;
    jmp_buf fail;
    bool timed_out;
    bool failed; /* libjpeg said so: errors.msg_code is an error's, else it may be a mere trace's */
    bool no_memory; /* ours, not libjpeg's */
    bool too_many_scans;
    uint64_t deadline_ns;
    uint32_t ticks;
    bool header_only;
    struct th_jpeg_planes *out;
    uint32_t until_scan; /* progressive at 1/8: the last scan that matters; 0: read all */
    const uint8_t *data;
    size_t len;
    unsigned n;
};

static void on_error(j_common_ptr jpeg)
{
    struct decoder *d = jpeg->client_data;
    d->failed = true;
    longjmp(d->fail, 1);
}

/* Keep the first warning that means damaged data; traces are not wanted. */
static void on_message(j_common_ptr jpeg, int level)
{
    struct decoder *d = jpeg->client_data;
    if (level >= 0) return;
    jpeg->err->num_warnings++;
    int code = jpeg->err->msg_code;
    if (d->out->damaged || code == JWRN_ADOBE_XFORM || code == JWRN_JFIF_MAJOR) return;
    char text[JMSG_LENGTH_MAX];
    jpeg->err->format_message(jpeg, text);
    d->out->damaged = true;
    snprintf(d->out->warning, sizeof d->out->warning, "%s", text);
}

static void on_output(j_common_ptr jpeg)
{
    (void)jpeg;
}

static void check_deadline(struct decoder *d)
{
    if (!d->deadline_ns || ++d->ticks % 16 || th_now_ns() < d->deadline_ns) return;
    d->timed_out = true;
    longjmp(d->fail, 1);
}

static void on_progress(j_common_ptr jpeg)
{
    struct decoder *d = jpeg->client_data;
    check_deadline(d);
    if (d->jpeg.input_scan_number <= TH_JPEG_MAX_SCANS) return;
    d->too_many_scans = true;
    longjmp(d->fail, 1);
}

/* Memory for all planes in one piece, their sides and n given. */
static bool planes_alloc(struct th_jpeg_planes *p, const uint32_t *widths, const uint32_t *heights)
{
    size_t total = 0, size, at[TH_JPEG_MAX_PLANES];
    for (unsigned i = 0; i < p->n_planes; i++) {
        size_t stride;
        if (!th_add_size(widths[i], 63, &stride)) return false;
        stride &= ~(size_t)63;
        at[i] = total;
        if (!th_mul_size(stride, heights[i], &size) || !th_add_size(total, size, &total))
            return false;
        p->planes[i].stride = stride;
        p->planes[i].rows = heights[i];
    }
    p->memory = th_alloc(total);
    if (!p->memory) return false;
    for (unsigned i = 0; i < p->n_planes; i++)
        p->planes[i].data = p->memory + at[i];
    return true;
}

/* Sizes and memory as libjpeg has chosen them. False: no memory. */
static bool turbo_planes(struct decoder *d)
{
    struct th_jpeg_planes *out = d->out;
    uint32_t widths[TH_JPEG_MAX_PLANES], heights[TH_JPEG_MAX_PLANES];
    out->n_planes = (uint32_t)d->jpeg.num_components;
    for (unsigned i = 0; i < out->n_planes; i++) {
        const jpeg_component_info *c = &d->jpeg.comp_info[i];
        struct th_jpeg_plane *p = &out->planes[i];
        p->n = (uint32_t)SCALED_SIZE(c);
        out->box[i] = true;
        uint64_t cw = th_ceil_div((uint64_t)d->jpeg.image_width * (unsigned)c->h_samp_factor,
                                  (unsigned)d->jpeg.max_h_samp_factor);
        uint64_t ch = th_ceil_div((uint64_t)d->jpeg.image_height * (unsigned)c->v_samp_factor,
                                  (unsigned)d->jpeg.max_v_samp_factor);
        p->width = th_ceil_div(cw * p->n, 8);
        p->height = th_ceil_div(ch * p->n, 8);
        widths[i] = th_ceil_div(d->jpeg.image_width, 8u * (unsigned)d->jpeg.max_h_samp_factor) *
                    (unsigned)c->h_samp_factor * p->n;
        heights[i] = th_ceil_div(d->jpeg.image_height, 8u * (unsigned)d->jpeg.max_v_samp_factor) *
                     (unsigned)c->v_samp_factor * p->n;
    }
    return planes_alloc(out, widths, heights);
}

/* All rows of MCUs. */
static void read_rows(struct decoder *d)
{
    struct jpeg_decompress_struct *jpeg = &d->jpeg;
    JSAMPROW rows[TH_JPEG_MAX_PLANES][MAX_MCU_ROWS];
    JSAMPARRAY arrays[TH_JPEG_MAX_PLANES] = {rows[0], rows[1], rows[2], rows[3]};
    unsigned lines = (unsigned)(jpeg->max_v_samp_factor * MIN_SCALED_SIZE(jpeg));
    for (uint32_t i = 0; jpeg->output_scanline < jpeg->output_height; i++) {
        for (unsigned c = 0; c < d->out->n_planes; c++) {
            const struct th_jpeg_plane *p = &d->out->planes[c];
            unsigned n = (unsigned)jpeg->comp_info[c].v_samp_factor * p->n;
            for (unsigned y = 0; y < n; y++)
                rows[c][y] = p->data + (size_t)(i * n + y) * p->stride;
        }
        check_deadline(d);
        jpeg_read_raw_data(jpeg, arrays, lines);
    }
}

/* Take in the scans that matter. Only then does libjpeg know the quantisers of all components. */
static void read_scans(struct decoder *d)
{
    for (uint32_t done = 0; done < d->until_scan;) {
        int status = jpeg_consume_input(&d->jpeg);
        if (status == JPEG_REACHED_EOI) break;
        done += status == JPEG_SCAN_COMPLETED;
        on_progress((j_common_ptr)&d->jpeg);
    }
    jpeg_start_output(&d->jpeg, d->jpeg.input_scan_number);
}

static void turbo_open(struct decoder *d)
{
    jpeg_create_decompress(&d->jpeg);
    d->jpeg.progress = &d->progress;
    jpeg_mem_src(&d->jpeg, d->data, d->len);
    jpeg_read_header(&d->jpeg, TRUE);
}

static bool turbo_run(struct decoder *d)
{
    struct jpeg_decompress_struct *jpeg = &d->jpeg;
    turbo_open(d);
    if (d->header_only) return true;
    jpeg->scale_num = d->n;
    jpeg->scale_denom = 8;
    jpeg->raw_data_out = TRUE;
    /* No conversion is made; this only keeps libjpeg from asking for more than it needs. */
    jpeg->out_color_space = jpeg->jpeg_color_space;
    if (d->until_scan) jpeg->buffered_image = TRUE;
    /* It guesses coefficients that a broken-off file lacks. At 1/8 none are wanted, but it would
     * touch DC, too. */
    if (d->n == 1) jpeg->do_block_smoothing = FALSE;
    jpeg_start_decompress(jpeg);
    if (jpeg->num_components == 2 || jpeg->num_components > TH_JPEG_MAX_PLANES) return false;
    d->no_memory = !turbo_planes(d);
    if (d->no_memory) return false;
    if (d->until_scan) read_scans(d);
    read_rows(d);
    /* With the end of the picture read, what follows matters only where libjpeg would warn about
     * it. */
    if (!d->until_scan) jpeg_finish_decompress(jpeg);
    return true;
}

/* The only frame that longjmp returns to: nothing here lives in a register across it. */
static bool turbo_try(struct decoder *d)
{
    if (setjmp(d->fail)) return false;
    return turbo_run(d);
}

static enum thumbs_code describe_failure(struct decoder *d, struct thumbs_error *err)
{
    char text[JMSG_LENGTH_MAX] = "the number of components is odd";
    if (d->failed) d->errors.format_message((j_common_ptr)&d->jpeg, text);
    if (d->timed_out)
        return th_error_set(err, THUMBS_TIMEOUT, THUMBS_STAGE_DECODE, "it took longer than it may");
    if (d->too_many_scans)
        return th_error_set(err, THUMBS_CORRUPT, THUMBS_STAGE_DECODE, "it has more than %d scans",
                            TH_JPEG_MAX_SCANS);
    if (d->no_memory || (d->failed && d->errors.msg_code == JERR_OUT_OF_MEMORY))
        return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_DECODE, "no memory for the planes");
    if (d->failed &&
        (d->errors.msg_code == JERR_SOF_UNSUPPORTED || d->errors.msg_code == JERR_BAD_PRECISION))
        return th_error_set(err, THUMBS_UNSUPPORTED, THUMBS_STAGE_DECODE, "%s", text);
    return th_error_set(err, THUMBS_CORRUPT, THUMBS_STAGE_DECODE, "%s%s",
                        d->header_only ? "the header does not decode: " : "", text);
}

/* How far to read. False if those are too many scans: counted before, since libjpeg takes seconds
 * for the first 500 of a large picture. */
static bool choose_scans(struct decoder *d, const struct th_jpeg_header *header)
{
    uint32_t until_last_dc, all;
    const bool progressive = header->sof == 0xC2 || header->sof == 0xCA;
    if (!progressive && header->scan_components == header->n_components)
        return true; /* what follows is not read */
    th_jpeg_count_scans(d->data, d->len, header, &until_last_dc, &all);
    if (header->sof == 0xC2 && d->n == 1 && until_last_dc < all) d->until_scan = until_last_dc;
    d->too_many_scans = (d->until_scan ? d->until_scan : all) > TH_JPEG_MAX_SCANS;
    return !d->too_many_scans;
}

static enum thumbs_code turbo_decode(struct decoder *d, struct thumbs_error *err)
{
    d->jpeg.err = jpeg_std_error(&d->errors);
    d->jpeg.client_data = d;
    d->errors.error_exit = on_error;
    d->errors.emit_message = on_message;
    d->errors.output_message = on_output;
    d->progress.progress_monitor = on_progress;
    enum thumbs_code code = turbo_try(d) ? THUMBS_OK : describe_failure(d, err);
    jpeg_destroy_decompress(&d->jpeg);
    return code;
}

enum thumbs_code th_jpeg_planes_read_header(const uint8_t *data, size_t len,
                                            struct thumbs_error *err)
{
    struct th_jpeg_planes none = {0};
    struct decoder d = {.out = &none, .data = data, .len = len, .header_only = true};
    return turbo_decode(&d, err);
}

enum thumbs_code th_jpeg_planes_decode_turbo(const struct th_jpeg_header *header,
                                             const uint8_t *data, size_t len, unsigned n,
                                             uint64_t deadline_ns, struct th_jpeg_planes *out,
                                             struct thumbs_error *err)
{
    struct th_jpeg_planes planes = {0};
    struct decoder d = {.deadline_ns = deadline_ns,
                        .out = &planes,
                        .data = data,
                        .len = len,
                        .n = th_jpeg_planes_turbo_n(n)};
    if (!choose_scans(&d, header)) return describe_failure(&d, err);
    enum thumbs_code code = turbo_decode(&d, err);
    if (code != THUMBS_OK)
        th_jpeg_planes_finish(&planes);
    else
        *out = planes;
    return code;
}

/* Our own way. Anything but OK leaves nothing behind. *what as of th_jpeg_progressive_decode(). */
static enum th_jpeg_scan_end own_decode(struct th_jpeg_scan *scan,
                                        const struct th_jpeg_header *header, const uint8_t *data,
                                        size_t len, const uint8_t *n, uint64_t deadline_ns,
                                        struct th_jpeg_planes *out, const char **what)
{
    struct th_jpeg_planes planes = {.n_planes = header->n_components, .own = true};
    uint32_t widths[TH_JPEG_MAX_PLANES], heights[TH_JPEG_MAX_PLANES];
    for (unsigned i = 0; i < planes.n_planes; i++) {
        struct th_jpeg_plane *p = &planes.planes[i];
        p->n = n[i];
        planes.box[i] = n[i] == 1;
        th_jpeg_scan_size(header, i, n[i], &p->width, &p->height, &widths[i], &heights[i]);
    }
    if (!planes_alloc(&planes, widths, heights)) return TH_JPEG_SCAN_NO_MEMORY;
    enum th_jpeg_scan_end end =
        header->sof == 0xC2
            ? th_jpeg_progressive_decode(scan, header, data, len, planes.planes, deadline_ns, what)
            : th_jpeg_scan_decode(scan, header, data, len, planes.planes, deadline_ns);
    if (end != TH_JPEG_SCAN_OK) {
        th_jpeg_planes_finish(&planes);
        return end;
    }
    planes.damaged = *what != NULL;
    if (*what) snprintf(planes.warning, sizeof planes.warning, "%s", *what);
    *out = planes;
    return end;
}

enum thumbs_code th_jpeg_planes_decode(struct th_jpeg_scan *scan,
                                       const struct th_jpeg_header *header, const uint8_t *data,
                                       size_t len, const uint8_t *n, uint64_t deadline_ns,
                                       struct th_jpeg_planes *out, struct thumbs_error *err)
{
    const char *what = NULL;
    unsigned most = n[0];
    for (unsigned i = 1; i < header->n_components && i < TH_JPEG_MAX_PLANES; i++)
        if (n[i] > most) most = n[i];
    if (th_jpeg_progressive_takes(header) || th_jpeg_scan_takes(header)) {
        switch (own_decode(scan, header, data, len, n, deadline_ns, out, &what)) {
        case TH_JPEG_SCAN_OK:
            return THUMBS_OK;
        case TH_JPEG_SCAN_NO_MEMORY:
            return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_DECODE,
                                "no memory for the planes");
        case TH_JPEG_SCAN_TIMEOUT:
            return th_error_set(err, THUMBS_TIMEOUT, THUMBS_STAGE_DECODE,
                                "it took longer than it may");
        case TH_JPEG_SCAN_CORRUPT:
            return th_error_set(err, THUMBS_CORRUPT, THUMBS_STAGE_DECODE, "%s", what);
        case TH_JPEG_SCAN_GAVE_UP:
            break;
        }
    }
    /* libjpeg reduces all components by one factor, as far as sampling lets it. The first is never
     * smaller than the others, so its n serves all unless theirs had to be larger. */
    return th_jpeg_planes_decode_turbo(header, data, len, most, deadline_ns, out, err);
}

void th_jpeg_planes_finish(struct th_jpeg_planes *p)
{
    free(p->memory);
    *p = (struct th_jpeg_planes){0};
}
