/* SPDX-License-Identifier: MIT */
#include "run/fit.h"

enum {
    OF_PROGRAM = 14, /* standard streams, signals, report, SOURCE and the folders above the walk,
                        DEST and its memory */
    OF_FOLDER = 3, /* a file on its way may be the last to hold its folder, the counterpart and the
                      manifest */
    OF_LOADING =
        3, /* the file itself, its manifest being read, a look at what its name stands for */
    OF_BUFFER = 2, /* shared memory, for writing and for reading */
    OF_WORKER =
        8, /* socket, page, three sinks, its numbers in /proc, a temporary output and its folder */
    OF_THREAD = 2, /* the temporary output and its folder */
    IN_WORKER = 3, /* files: being worked on, behind that one, being committed */
    LEAST_IN_WORKER = 1,
    AT_WORK = 2, /* files of a job that it must not wait for */
    PATHS_PER_LOADER = 4,
    SPARE_TASKS = 3, /* what the caller starts later, and decoders */
};

static bool has_processes(const struct thumbs_options *options)
{
    return options->mode == THUMBS_MODE_PROCESSES;
}

static uint64_t buffers_for(const struct th_room *room, uint64_t in_worker)
{
    return room->n_loaded + room->io_jobs + in_worker * room->jobs;
}

struct th_room th_fit_wanted(const struct thumbs_options *options, bool with_ring)
{
    if (options->mode == THUMBS_MODE_SYNC)
        return (struct th_room){
            .jobs = 1, .io_jobs = 1, .n_paths = 1, .n_loaded = 1, .n_buffers = 1};
    struct th_room room = {
        .jobs = options->jobs, .io_jobs = options->io_jobs, .n_loaded = options->queue_items};
    room.n_paths = with_ring ? 1 : (uint64_t)PATHS_PER_LOADER * options->io_jobs;
    /* Enough that buffers never run out before the queue is full. */
    room.n_buffers = buffers_for(&room, has_processes(options) ? IN_WORKER : 1);
    return room;
}

/* As many as are read at one time, and for each job the one that is worked on and the next. */
unsigned th_fit_eager(const struct th_room *room)
{
    return room->io_jobs + AT_WORK * room->jobs;
}

uint64_t th_fit_descriptors(const struct thumbs_options *options, const struct th_room *room)
{
    bool processes = has_processes(options);
    uint64_t of_job = processes ? OF_WORKER : OF_THREAD;
    uint64_t of_buffer = OF_FOLDER + (processes ? OF_BUFFER : 0);
    return OF_PROGRAM + room->jobs * of_job + room->n_paths * OF_FOLDER +
           (uint64_t)room->io_jobs * (OF_FOLDER + OF_LOADING) + room->n_buffers * of_buffer;
}

static uint64_t halved(uint64_t n)
{
    return n > 1 ? n / 2 : 1;
}

/* Fewer files on their way. False: there is one of each already. */
static bool reduce_files(struct th_room *room)
{
    if (room->n_paths == 1 && room->n_loaded == 1 && room->io_jobs == 1) return false;
    if (room->n_loaded > room->io_jobs)
        room->n_loaded = halved(room->n_loaded);
    else
        room->io_jobs = (unsigned)halved(room->io_jobs);
    room->n_paths = halved(room->n_paths);
    return true;
}

/* Who waits for a buffer waits for one that is under way, so one is enough for all. */
static bool reduce(struct th_room *room, uint64_t *in_worker)
{
    if (reduce_files(room)) {
        room->n_buffers = buffers_for(room, *in_worker);
    } else if (*in_worker > LEAST_IN_WORKER) {
        room->n_buffers = buffers_for(room, --*in_worker);
    } else if (room->jobs > 1) {
        room->jobs--;
        room->n_buffers = buffers_for(room, *in_worker);
    } else if (room->n_buffers > 1) {
        room->n_buffers--;
    } else {
        return false;
    }
    return true;
}

bool th_fit_into_descriptors(const struct thumbs_options *options, uint64_t most,
                             struct th_room *room)
{
    uint64_t in_worker = has_processes(options) ? IN_WORKER : 1;
    while (th_fit_descriptors(options, room) > most) {
        if (!reduce(room, &in_worker)) return false;
    }
    return true;
}

/* ---- threads and processes ---- */

/* Besides jobs and I/O threads: whoever finds the files, and the fork server. */
static unsigned tasks_of_program(const struct thumbs_options *options)
{
    return 1 + (has_processes(options) ? 1 : 0);
}

/* A supervisor and its worker; of a team one member is the thread there is. */
static uint64_t tasks_of_jobs(const struct thumbs_options *options, unsigned jobs)
{
    return has_processes(options) ? UINT64_C(2) * jobs : jobs - 1;
}

/* Flights of a ring are none. */
static unsigned loaders_of(const struct thumbs_options *options)
{
    return options->io == THUMBS_IO_URING ? 0 : options->io_jobs;
}

uint64_t th_fit_tasks(const struct thumbs_options *options)
{
    if (options->mode == THUMBS_MODE_SYNC) return 0;
    return tasks_of_program(options) + tasks_of_jobs(options, options->jobs) + loaders_of(options);
}

void th_fit_into_tasks(struct thumbs_options *options, uint64_t most)
{
    uint64_t spare = most / 8 < SPARE_TASKS ? most / 8 : SPARE_TASKS;
    while (options->jobs > 1 && th_fit_tasks(options) + spare > most) {
        if (loaders_of(options) > 1)
            options->io_jobs--;
        else
            options->jobs--;
    }
    while (loaders_of(options) > 1 && th_fit_tasks(options) + spare > most)
        options->io_jobs--;
}
