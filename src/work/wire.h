/* SPDX-License-Identifier: MIT */
/*
 * wire.h - the messages between this process, the fork server and its workers.
 *
 * All over SOCK_SEQPACKET socket pairs: a message comes whole or not at all, and a dead peer is an
 * end of file. The structs are sent as they lie in memory, since all three are the same program;
 * the size is checked on arrival on both sides all the same. Bytes of files and thumbnails never
 * travel here: descriptors of shared memory do, once each.
 *
 *   this process -> server   th_wire_config, once; then th_wire_request, answered by th_wire_answer
 *   worker -> this process   th_wire_hello, once
 *   this process -> worker   th_wire_job, answered in order by th_wire_reply
 */
#ifndef TH_WORK_WIRE_H
#define TH_WORK_WIRE_H

#include <sys/types.h>

#include "image/image.h"
#include "sandbox/sandbox.h"
#include "thumbs/thumbs.h"

#define TH_WIRE_VERSION   8u
#define TH_WIRE_SERVER_FD 3 /* where the server finds its socket */
#define TH_WIRE_N_SINKS                                                                            \
    3 /* a worker's output sinks: one being committed, one being filled, one for the file ahead */
#define TH_WIRE_MAX_FDS 5

struct th_wire_config {
    uint32_t version, size; /* size of this struct */
    uint64_t timeout_ns;
    uint64_t warm_bytes; /* see struct th_work */
    uint32_t no_work;
    uint32_t sandbox; /* enum thumbs_sandbox */
    struct th_sandbox_limits limits;
    struct thumbs_image_options image;
};

enum th_wire_request_type {
    TH_WIRE_SPAWN = 1, /* start a worker; with it come its socket, its status page and its sinks */
    TH_WIRE_REAP,      /* kill worker `pid` if it still lives, and say how it ended */
    TH_WIRE_REAP_ENDED /* the same for one that has hung up: it is given a moment to end by itself
                        */
};
struct th_wire_request {
    uint32_t type;
    int32_t pid;      /* REAP, REAP_ENDED */
    uint32_t preload; /* SPAWN: libraries (enum th_wants) to be loaded before */
};
struct th_wire_answer {
    int32_t pid;
    int32_t os_errno; /* 0, or why it could not be done */
    int32_t status;   /* REAP, REAP_ENDED: as waitpid() gives it */
    uint32_t killed;  /* the same: it lived until the server killed it */
};

/* The first message of a worker, sent before it takes one, so that no picture can have had a hand
 * in it. */
struct th_wire_hello {
    uint32_t refused; /* 1: it ends, since not all that is required holds */
    struct th_sandbox_state sandbox;
};

/* The status page, shared by a worker and its supervisor. A worker that has been taken over writes
 * what it likes: it can put blame off, which is bounded, and no more. */
struct th_wire_status_page {
    _Atomic uint64_t
        begun; /* id of the job that is or was last worked on: tells who was it when it dies */
    _Atomic uint32_t out_of_memory; /* 1: it is about to end itself because an allocation failed */
};

struct th_wire_job {
    uint64_t id; /* from 1 */
    uint32_t buffer;
    uint32_t i_sink;
    uint64_t len;  /* bytes of the file */
    uint64_t cap;  /* bytes of the buffer; the worker maps that many */
    uint64_t trim; /* 1: it takes much memory; afterwards most of what is free of it goes back to
                      the system */
};

struct th_wire_reply {
    uint64_t id;
    struct thumbs_error
        error; /* code OK: the rest counts; STOPPED: it needs a worker that has the libraries */
    struct th_image_result result; /* cut behind the last output */
};

/* Bytes of a reply with n_outputs outputs. */
size_t th_wire_reply_size(uint32_t n_outputs);

/* Send one message with up to TH_WIRE_MAX_FDS descriptors: 0 or -1 with errno. No SIGPIPE. */
int th_wire_send(int sock, const void *message, size_t size, const int *fds, size_t n_fds);

/* Receive one message of at most `size` bytes and up to *n_fds descriptors (close-on-exec; *n_fds
 * is set to how many came, surplus ones are closed). The message's length; 0 at end of file; -1
 * with errno, EMSGSIZE if it was longer. */
ssize_t th_wire_receive(int sock, void *message, size_t size, int *fds, size_t *n_fds);

#endif
