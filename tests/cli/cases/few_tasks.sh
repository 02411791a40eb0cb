# SPDX-License-Identifier: MIT
# Where few threads and processes are allowed (a container's pids limit, ulimit -u), a run has fewer
# of them and says so once; no mode is ended by it. Where there is no room at all, that is said.
. "$CASES/common.inc"
mkdir photos
cp "$SAMPLES/photos/dunes.jpg" "$SAMPLES/photos/forest.jpg" "$SAMPLES/png/rgba-16-adam7.png" \
    "$SAMPLES/orientation/"*.jpg photos
thumbs 0 photos calm
group=
clean_up() { [ -z "$group" ] || rmdir "$group" 2>/dev/null || true; }
trap clean_up EXIT
for base in /sys/fs/cgroup/pids /sys/fs/cgroup; do
    group=$base/thumbs-test-$$
    if mkdir "$group" 2>/dev/null && [ -f "$group/pids.max" ]; then break; fi
    clean_up
    group=
done
# limited N COMMAND... - with that many tasks in all, the command's first among them
if [ -n "$group" ]; then
    limited() {
        sh -c 'echo "$2" >"$1/pids.max" && echo $$ >"$1/cgroup.procs" && shift 2 && exec "$@"' sh "$group" "$@"
    }
elif [ "$(id -u)" -ne 0 ] && prlimit --nproc=1000 true 2>/dev/null; then
    limited() {
        total=$(($(ps -L -o lwp= -u "$(id -u)" | wc -l) + $1 - 3)) # without this command's own
        shift
        prlimit --nproc="$total" "$@"
    }
else
    skip "no limit can be set here"
fi
for mode in threads processes; do
    for n in 9 12 16; do
        rm -rf out
        status=0
        limited $n "$THUMBS" --mode=$mode --jobs=16 --report="$log/r" photos out 2>"$log/stderr" || status=$?
        if [ -z "$group" ] && [ $status -eq 3 ] && [ $n -lt 12 ]; then continue; fi # others of this user came between
        [ $status -eq 0 ] || fail "$mode, $n tasks: exit status $status: $(cat "$log/stderr")"
        same_trees calm out
        [ "$(grep -c 'instead of 16, since only' "$log/stderr")" -eq 1 ] ||
            fail "$mode, $n tasks: it is not said once that there are fewer jobs: $(cat "$log/stderr")"
        expect_clean out
    done
done
for mode in threads processes; do
    for n in 3 5 6; do
        status=0
        limited $n "$THUMBS" --mode=$mode --jobs=16 photos "few-$n" 2>"$log/stderr" || status=$?
        case $status in
        0) ;;
        3) grep -q '^thumbs: .*\(thread\|start\|worker\)' "$log/stderr" ||
            fail "not a word about why: $(cat "$log/stderr")" ;;
        *) fail "$mode, $n tasks: exit status $status: $(cat "$log/stderr")" ;;
        esac
    done
done
