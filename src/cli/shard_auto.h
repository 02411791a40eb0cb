/* SPDX-License-Identifier: MIT */
/*
 * shard_auto.h - the part of a job that this process is, from what the engine that started it has
 * put into the environment. Reads the environment and nothing else.
 *
 *   engine                 part                         parts
 *   Slurm array            SLURM_ARRAY_TASK_ID          SLURM_ARRAY_TASK_COUNT, _MIN, _MAX, _STEP
 *   Kubernetes Indexed Job JOB_COMPLETION_INDEX         not told: --shard=auto/N
 *   AWS Batch array        AWS_BATCH_JOB_ARRAY_INDEX    AWS_BATCH_JOB_ARRAY_SIZE
 *   Google Batch           BATCH_TASK_INDEX             BATCH_TASK_COUNT
 *   GitLab parallel        CI_NODE_INDEX (from 1)       CI_NODE_TOTAL
 *   Buildkite              BUILDKITE_PARALLEL_JOB       BUILDKITE_PARALLEL_JOB_COUNT
 *   CircleCI               CIRCLE_NODE_INDEX            CIRCLE_NODE_TOTAL
 *
 * A wrong guess would lose files in silence, so whatever is not plain is refused: two engines at
 * once (a job that hands its environment on), numbers that contradict each other, a Slurm array
 * with holes.
 */
#ifndef THUMBS_CLI_SHARD_AUTO_H
#define THUMBS_CLI_SHARD_AUTO_H

#include "cli/settings.h"

/* n: how many parts the user says there are, 0: the engine knows. False: problem->text says why. */
bool cli_shard_auto(uint32_t n, uint32_t *shard, uint32_t *n_shards, struct cli_problem *problem);

#endif
