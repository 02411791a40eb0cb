# SPDX-License-Identifier: MIT
# Clusters set variables of OpenMP for all jobs. They must not tie the program, its workers and all
# its threads to one CPU.
. "$CASES/common.inc"
[ "$(nproc)" -gt 1 ] || skip "this needs two CPUs"
many photos 4
look_at_workers() { # VARIABLE=VALUE
    hold
    env "$1" "$THUMBS" --quiet --format=webp --size=400 photos out &
    run=$!
    until_true 20 has_outputs out 1 || fail "$1: it does not begin"
    until_true 20 n_workers "$(nproc)" thumbs-worker || true
    n=$(workers thumbs-worker | wc -l)
    cpus=$(for pid in $(workers thumbs-worker); do sed -n 's/^Cpus_allowed://p' "/proc/$pid/status"; done |
        sort -u | tr -d '\t\n')
    kill -INT $run
    sleep 0.1
    let_go
    wait $run || true
    rm -r out
}
look_at_workers NOTHING=1
calm="$n workers on CPUs $cpus"
for variable in OMP_PROC_BIND=true OMP_PLACES=cores OMP_NUM_THREADS=1; do
    look_at_workers $variable
    [ "$n workers on CPUs $cpus" = "$calm" ] || fail "$variable: $n workers on CPUs $cpus instead of $calm"
done
