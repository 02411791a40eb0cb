/* SPDX-License-Identifier: MIT */
/*
 * Jobs as a worker takes them: messages of any length and content, with and without a file, over a
 * real socket. The worker answers each or hangs up, and everything it answers passes the parent's
 * check, in order.
 *
 * The parent is trusted to send files that are as long as it says; what it may have wrong here are
 * numbers.
 *
 * Input: one byte of options; then messages: a byte that tells what comes with it, its length (1),
 * its bytes; the file that jobs are about is the input itself.
 */
#include "work/worker.c"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "fuzz.h"
#include "work/check.h"

enum { FILE_BYTES = 65536, MAX_MESSAGES = 8, MAX_REPLIES = MAX_MESSAGES };

static int make_file(const uint8_t *data, size_t len)
{
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    if (fd < 0 || ftruncate(fd, FILE_BYTES) != 0) abort();
    if (len > FILE_BYTES) len = FILE_BYTES;
    if (pwrite(fd, data, len, 0) != (ssize_t)len) abort();
    /* What libvips would be loaded for is left to the target of the image room. */
    enum thumbs_format format = th_image_sniff(data, len);
    if (format != THUMBS_FORMAT_JPEG && format != THUMBS_FORMAT_NONE && pwrite(fd, "?", 1, 0) != 1)
        abort();
    return fd;
}

static void open_worker(struct worker *w, const struct th_wire_config *config, int sock)
{
    *w = (struct worker){.sock = sock, .config = config};
    w->status = calloc(1, sizeof *w->status);
    if (!w->status) abort();
    for (int i = 0; i < TH_WIRE_N_SINKS; i++) {
        int fd = memfd_create("fuzz", MFD_CLOEXEC);
        if (fd < 0 || ftruncate(fd, 4096) != 0 || !map_output(&w->outputs[i], fd)) abort();
    }
}

static void close_worker(struct worker *w)
{
    for (int i = 0; i < TH_WIRE_N_SINKS; i++) {
        munmap(w->outputs[i].sink.data, w->outputs[i].sink.cap);
        close(w->outputs[i].fd);
    }
    for (size_t i = 0; i < w->n_inputs; i++) {
        if (w->inputs[i].data) munmap((void *)w->inputs[i].data, w->inputs[i].cap);
        if (w->inputs[i].fd >= 0) close(w->inputs[i].fd);
    }
    free(w->inputs);
    free(w->status);
    th_image_thread_finish();
}

/* One message into the socket. *id: that of the job, if it is one that must be answered; else 0. */
static bool send_message(int sock, struct fuzz_input *in, int file, bool knows[8], uint64_t *id)
{
    uint8_t how = fuzz_u8(in);
    size_t size = fuzz_u8(in) % 64;
    uint8_t bytes[64] = {0};
    struct th_wire_job job = {0};
    *id = 0;
    if (how & 1) { /* anything */
        for (size_t i = 0; i < size; i++)
            bytes[i] = fuzz_u8(in);
        memcpy(&job, bytes, size < sizeof job ? size : sizeof job);
        if (job.cap > FILE_BYTES) job.cap %= FILE_BYTES + 1;
        memcpy(bytes, &job, size < sizeof job ? size : sizeof job);
        return size == 0 || th_wire_send(sock, bytes, size, &file, how >> 1 & 1) == 0;
    }
    job.id = 1 + fuzz_u8(in);
    job.buffer = fuzz_u8(in) & 7;
    job.i_sink = (how >> 2) % TH_WIRE_N_SINKS;
    job.cap = FILE_BYTES;
    job.len = fuzz_number(in, 2);
    bool with_file = !knows[job.buffer];
    knows[job.buffer] = true;
    *id = job.id;
    return th_wire_send(sock, &job, sizeof job, &file, with_file) == 0;
}

/* Is what came back for a well-formed job what the parent takes? */
static void check_reply(struct worker *w, int sock, uint64_t id)
{
    struct th_wire_reply reply;
    uint64_t sink_bytes = 0;
    struct th_check question = {
        .image = &w->config->image, .no_work = w->config->no_work, .id = id};
    ssize_t size = th_wire_receive(sock, &reply, sizeof reply, NULL, NULL);
    fuzz_check(size > 0 && th_check_reply(&question, &reply, (size_t)size, &sink_bytes));
    fuzz_check(atomic_load(&w->status->begun) == id);
}

static void run(struct worker *w, struct fuzz_input *in, int parent, int file)
{
    static struct th_wire_reply reply;
    bool knows[8] = {false};
    for (int i = 0; i < MAX_MESSAGES && in->len >= 2; i++) {
        uint64_t id;
        if (!send_message(parent, in, file, knows, &id)) abort();
        /* Nothing was sent for an empty message: the worker would wait for ever. */
        char byte;
        if (recv(w->sock, &byte, 1, MSG_PEEK | MSG_DONTWAIT) <= 0) continue;
        bool goes_on = serve_job(w, &reply);
        if (id) {
            fuzz_check(goes_on);
            check_reply(w, parent, id);
        } else if (goes_on) {
            struct th_wire_reply ignored;
            fuzz_check(th_wire_receive(parent, &ignored, sizeof ignored, NULL, NULL) > 0);
        } else {
            return;
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct fuzz_input in = {data, len};
    uint8_t how = fuzz_u8(&in);
    struct th_wire_config config = {.no_work = how & 1,
                                    .image = {.n_sizes = 1 + (how >> 1 & 1),
                                              .sizes = {{16, 16, true}, {8, 0, false}},
                                              .n_formats = 1 + (how >> 2 & 1),
                                              .formats = {THUMBS_FORMAT_JPEG, THUMBS_FORMAT_PNG},
                                              .enlarge = how >> 3 & 1,
                                              .quality = 80,
                                              .max_pixels = 1 << 20}};
    struct worker w;
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) abort();
    open_worker(&w, &config, pair[1]);
    /* A picture behind the messages, as the fuzzer sees fit. */
    const uint8_t *picture = memmem(data, len, "\xff\xd8\xff", 3);
    int file = make_file(picture ? picture : data, picture ? len - (size_t)(picture - data) : len);
    run(&w, &in, pair[0], file);
    close(file);
    close_worker(&w);
    close(pair[0]);
    close(pair[1]);
    return 0;
}
