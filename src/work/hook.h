/*
 * hook.h - pictures that ask for trouble, for tests; only in builds with THUMBS_FAULTS.
 *
 * A file that begins like a GIF ("GIF89a", a header of 13 bytes) and goes on with "THUMBS-PROBE
 * word argument\n" makes whoever works on it do what a hostile picture could make a decoder do: in
 * a worker process it runs inside the sandbox. The same text may stand in a comment that is the
 * first segment of a JPEG file. Words:
 *
 *   crash           die of SIGSEGV                    abort          die of SIGABRT
 *   hang            never end                         sleep MS       take that long
 *   while PATH      take as long as there is such a file (absolute), then be the picture that it is otherwise
 *   exit STATUS     end the process                   eat MB         allocate and touch that much, a part at a time
 *   alloc MB        allocate that much in one piece, abort() if there is none
 *   lie             answer nonsense (worker processes; elsewhere as ok)
 *   open-read PATH  open a file for reading           open-write PATH, create PATH, unlink PATH, list PATH
 *   reopen-buffer   open the file's own bytes for writing by way of /proc
 *   stderr          reach the run's standard error
 *   shared-memory   memory that counts as nobody's    threads N      start so many and wait
 *   socket, connect PATH, exec PATH, fork, memfd, ptrace-parent, kill-parent, signal-group, limits
 *   signal-self N   send that signal to itself       hang-up        close all descriptors and live on
 *   ok              do nothing
 *
 * What is asked for and fails is reported as UNSUPPORTED "probe: WORD: <errno text>"; what succeeds
 * as INTERNAL "probe: WORD: done". So the report of a run tells what a worker is able to do.
 */
#ifndef TH_WORK_HOOK_H
#define TH_WORK_HOOK_H

#include "image/image.h"

#ifdef THUMBS_FAULTS
/* True if the bytes are a probe: it has been carried out, *error says how it went. *lie: the caller
 * is to lie. False if they are to be decoded, at once or, after "while", now. */
bool th_probe(const uint8_t *data, size_t len, bool *lie, struct thumbs_error *error);
#else
static inline bool th_probe(const uint8_t *data, size_t len, bool *lie, struct thumbs_error *error)
{
    (void)data, (void)len, (void)lie, (void)error;
    return false;
}
#endif

#endif
