# SPDX-License-Identifier: MIT
# --shard: what an engine puts into the environment, and every way in which that can be wrong.
. "$CASES/common.inc"

mkdir photos
for name in SLURM_ARRAY_TASK_ID SLURM_ARRAY_TASK_COUNT SLURM_ARRAY_TASK_MIN SLURM_ARRAY_TASK_MAX \
    SLURM_ARRAY_TASK_STEP JOB_COMPLETION_INDEX AWS_BATCH_JOB_ARRAY_INDEX AWS_BATCH_JOB_ARRAY_SIZE \
    BATCH_TASK_INDEX BATCH_TASK_COUNT CI_NODE_INDEX CI_NODE_TOTAL BUILDKITE_PARALLEL_JOB \
    BUILDKITE_PARALLEL_JOB_COUNT CIRCLE_NODE_INDEX CIRCLE_NODE_TOTAL; do
    unset "$name"
done

# part I/N OPTION VARIABLE... - that is the part which this environment means
part() {
    want=$1 option=$2
    shift 2
    env "$@" "$THUMBS" --report=- --quiet "$option" photos out >report 2>err ||
        fail "$option with $*: $(cat err)"
    grep -q "\"shard\":${want%/*},\"shards\":${want#*/}," report || fail "$option with $*: not $want: $(cat report)"
}

# wrong OPTION WORD VARIABLE... - a usage error that says WORD
wrong() {
    option=$1 word=$2
    shift 2
    status=0
    env "$@" "$THUMBS" "$option" photos out 2>err || status=$?
    [ $status -eq 2 ] || fail "$option with $*: status $status"
    grep -q -e "$word" err || fail "$option with $*: no word of $word: $(cat err)"
}

part 0/1 --shard=0/1 A=
part 3/4 --shard=3/4 A=
part 999999/1000000 --shard=999999/1000000 A=
for bad in '' 4/4 -1/4 0/0 0/1000001 1 1/ /4 1/4/4 x/4 1/x 0x1/4 ' 1/4' 1.5/4 autO auto/ auto/0 auto/x automatic; do
    wrong "--shard=$bad" 'part I (from 0) of N' A=
done

wrong --shard=auto SLURM_ARRAY_TASK_ID A=
wrong --shard=auto CIRCLE_NODE_INDEX A=
wrong --shard=auto/4 JOB_COMPLETION_INDEX JOB_COMPLETION_INDEX=

s=SLURM_ARRAY_TASK
part 2/4 --shard=auto ${s}_ID=2 ${s}_COUNT=4 ${s}_MIN=0 ${s}_MAX=3 ${s}_STEP=1
part 2/4 --shard=auto ${s}_ID=3 ${s}_COUNT=4 ${s}_MIN=1 ${s}_MAX=4 ${s}_STEP=1
part 1/4 --shard=auto ${s}_ID=10 ${s}_COUNT=4 ${s}_MIN=5 ${s}_MAX=20 ${s}_STEP=5
part 2/3 --shard=auto ${s}_ID=4 ${s}_COUNT=3 ${s}_MIN=0 ${s}_MAX=5 ${s}_STEP=2
part 2/4 --shard=auto ${s}_ID=2 ${s}_COUNT=4
part 2/4 --shard=auto/4 ${s}_ID=2 ${s}_COUNT=4 ${s}_MIN=0 ${s}_MAX=3 ${s}_STEP=1
part 2/4 --shard=auto/4 ${s}_ID=2 ${s}_COUNT=1 ${s}_MIN=2 ${s}_MAX=2 # one of them once more
wrong --shard=auto holes ${s}_ID=7 ${s}_COUNT=3 ${s}_MIN=1 ${s}_MAX=7 ${s}_STEP=1
wrong --shard=auto holes ${s}_ID=9 ${s}_COUNT=4 ${s}_MIN=0 ${s}_MAX=3
wrong --shard=auto ${s}_COUNT ${s}_ID=1
wrong --shard=auto ${s}_COUNT ${s}_ID=1 ${s}_COUNT=0
wrong --shard=auto ${s}_COUNT ${s}_ID=1 ${s}_COUNT=1000001
wrong --shard=auto ${s}_STEP ${s}_ID=1 ${s}_COUNT=4 ${s}_STEP=0
wrong --shard=auto ${s}_ID ${s}_ID=x ${s}_COUNT=4
wrong --shard=auto ${s}_ID ${s}_ID=-1 ${s}_COUNT=4
wrong --shard=auto/4 0-3 ${s}_ID=4 ${s}_COUNT=4 ${s}_MIN=1 ${s}_MAX=4
wrong --shard=auto/4 ${s}_ID ${s}_ID=4 ${s}_COUNT=1 ${s}_MIN=4 ${s}_MAX=4

part 3/8 --shard=auto/8 JOB_COMPLETION_INDEX=3
wrong --shard=auto auto/N JOB_COMPLETION_INDEX=3
wrong --shard=auto/3 JOB_COMPLETION_INDEX JOB_COMPLETION_INDEX=3

part 1/3 --shard=auto AWS_BATCH_JOB_ARRAY_INDEX=1 AWS_BATCH_JOB_ARRAY_SIZE=3
part 1/3 --shard=auto BATCH_TASK_INDEX=1 BATCH_TASK_COUNT=3
part 0/3 --shard=auto CI_NODE_INDEX=1 CI_NODE_TOTAL=3
part 2/3 --shard=auto CI_NODE_INDEX=3 CI_NODE_TOTAL=3
part 2/3 --shard=auto/3 CI_NODE_INDEX=3 CI_NODE_TOTAL=3
part 1/3 --shard=auto BUILDKITE_PARALLEL_JOB=1 BUILDKITE_PARALLEL_JOB_COUNT=3
part 1/3 --shard=auto CIRCLE_NODE_INDEX=1 CIRCLE_NODE_TOTAL=3
for pair in AWS_BATCH_JOB_ARRAY_INDEX:AWS_BATCH_JOB_ARRAY_SIZE BATCH_TASK_INDEX:BATCH_TASK_COUNT \
    BUILDKITE_PARALLEL_JOB:BUILDKITE_PARALLEL_JOB_COUNT CIRCLE_NODE_INDEX:CIRCLE_NODE_TOTAL \
    CI_NODE_INDEX:CI_NODE_TOTAL; do
    i=${pair%:*} n=${pair#*:}
    wrong --shard=auto "$n" "$i=1"
    wrong --shard=auto "$i" "$i=4" "$n=3"
    wrong --shard=auto "$i" "$i=one" "$n=3"
    wrong --shard=auto/4 "$n" "$i=1" "$n=3"
done
wrong --shard=auto CI_NODE_INDEX CI_NODE_INDEX=0 CI_NODE_TOTAL=3
# A job that hands its environment on must not be guessed at.
wrong --shard=auto 'both SLURM_ARRAY_TASK_ID and CI_NODE_INDEX' CI_NODE_INDEX=1 CI_NODE_TOTAL=2 ${s}_ID=0 ${s}_COUNT=4
