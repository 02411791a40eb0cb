# SPDX-License-Identifier: MIT
# Where memory runs out the kernel is to kill a worker, which is replaced, then the server, which is
# started again, and the run last of all.
. "$CASES/common.inc"
many photos 4
has_probes || skip "this build has no probes"
[ -w /proc/self/oom_score_adj ] || skip "no oom_score_adj here"
hold
start --jobs=2 photos out
until_true 20 n_workers 2 thumbs-worker || fail "there are no workers"
of_run=$(cat "/proc/$run/oom_score_adj")
of_server=$(cat "/proc/$(workers thumbs-server)/oom_score_adj")
are_above() {
    for worker in $(workers thumbs-worker); do
        [ "$(cat "/proc/$worker/oom_score_adj")" -gt "$of_server" ] || [ "$of_server" -eq 1000 ] || return 1
    done
}
[ "$of_server" -gt "$of_run" ] || [ "$of_run" -eq 1000 ] || fail "server: $of_server, run: $of_run"
until_true 5 are_above || fail "a worker does not stand before its server"
let_go
finish
[ "$got_status" -eq 0 ] || fail "exit status $got_status"

# In a group whose memory runs out for real, by a worker that takes what its limits let it.
group=
clean_up() { [ -z "$group" ] || rmdir "$group" 2>/dev/null || true; }
trap clean_up EXIT
for base in /sys/fs/cgroup/memory /sys/fs/cgroup; do
    group=$base/thumbs-test-$$
    mkdir "$group" 2>/dev/null || continue
    if [ -f "$group/memory.limit_in_bytes" ]; then limit=memory.limit_in_bytes; else limit=memory.max; fi
    [ ! -f "$group/$limit" ] || break
    clean_up
    group=
done
[ -n "$group" ] && [ -f "$group/$limit" ] || exit 0
mkdir greedy
cp "$SAMPLES/photos/dunes.jpg" "$SAMPLES/photos/forest.jpg" greedy
printf 'GIF89a\001\000\001\000\000\000\000THUMBS-PROBE eat 900\n' >greedy/eat.gif
status=0
sh -c 'echo 64M >"$1/$2" && echo $$ >"$1/cgroup.procs" && shift 2 && exec "$@"' sh "$group" "$limit" \
    "$THUMBS" --jobs=2 --memory=2G --report="$log/r" greedy out2 2>"$log/stderr" || status=$?
[ $status -eq 1 ] || fail "exit status $status in a group of 64 MB: $(cat "$log/stderr")"
fates "$log/r" >"$log/fates"
[ "$(grep -c '^done ' "$log/fates")" -eq 2 ] || fail "others were lost: $(cat "$log/fates")"
expect_clean out2
