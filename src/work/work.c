/* SPDX-License-Identifier: MIT */
#include "work/work.h"

#include "base/error.h"
#include "work/fork_server.h"
#include "work/process_pool.h"
#include "work/team.h"

void th_work_prepare(void)
{
    th_team_untie();
}

enum thumbs_code th_work_run(const struct th_work *work, struct thumbs_error *err)
{
    switch (work->mode) {
    case THUMBS_MODE_PROCESSES:
        return th_process_pool_run(work, err);
    case THUMBS_MODE_THREADS:
        return th_team_run(work, err);
    case THUMBS_MODE_SYNC:
        break;
    }
    return th_error_set(err, THUMBS_INTERNAL, THUMBS_STAGE_NONE, "mode %d has no pool",
                        (int)work->mode);
}

int th_work_serve(void)
{
    return th_fork_server_run();
}
