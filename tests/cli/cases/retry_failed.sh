# SPDX-License-Identifier: MIT
# What crashed or timed out is remembered: the next run reports it as known, without opening it,
# until it changes, gets more time, or --retry-failed is given. Needs the probe pictures of test
# builds.
. "$CASES/common.inc"
probe() { # FILE WORDS
    printf 'GIF89a0123456THUMBS-PROBE %s\n' "$2" >"$1"
}
expect_failure() { # NAME CODE MESSAGE - in the report of the last run
    grep -F "\"source\":\"$1\"" "$log/r" >"$log/line" || fail "nothing of $1 in the report"
    grep -Fq "\"code\":\"$2\"" "$log/line" || fail "$1: not $2: $(cat "$log/line")"
    grep -Fq -e "$3" "$log/line" || fail "$1: nothing of '$3': $(cat "$log/line")"
}
mkdir check photos
probe check/a.gif ok
"$THUMBS" --jobs=1 check check-out >"$log/stdout" 2>"$log/stderr" || true
grep -q 'probe: ok: done' "$log/stderr" || skip "no probes in this build"

cp "$SAMPLES/photos/dunes.jpg" photos/good.jpg
probe photos/crash.gif crash
probe photos/abort.gif abort
probe photos/slow.gif "sleep 700"
run() { # STATUS ARGUMENT...
    status=$1
    shift
    thumbs "$status" --jobs=2 --report="$log/r" "$@" photos out
    check_report "$log/r"
}
crashed_last='crashed last time (the worker died of signal 11'
timed_out_last='timed out last time (took longer than 0.25 s); --retry-failed tries it again'

run 1 --timeout=0.25
expect_counts 1 0 0 3 0
expect_failure crash.gif crashed 'the worker died of signal 11'
expect_failure abort.gif crashed 'the worker died of signal 6'
expect_failure slow.gif timeout 'took longer than 0.25 s'
expect_known() { # DONE UP_TO_DATE FAILED KNOWN - the summary of the last run
    expect_counts "$1" "$2" 0 "$3" 0
    if [ "$4" -gt 0 ]; then expect_said "; known $4 (failed before"; else ! grep '; known' "$log/stderr"; fi
}
# From memory: in every mode (where the process itself would die of it), nothing is opened.
for words in --mode=sync --mode=threads --mode=processes --io=uring --force "--force --io=uring" --dry-run; do
    case $words in
    --force*) done=1 known=0 ;;
    *) done=0 known=1 ;;
    esac
    # shellcheck disable=SC2086 # one or two
    run 0 --timeout=0.25 $words
    [ "$words" = --dry-run ] || expect_known $done $known 0 3
    expect_failure crash.gif crashed "$crashed_last"
    expect_failure crash.gif crashed '; --retry-failed tries it again'
    expect_failure abort.gif crashed 'crashed last time (the worker died of signal 6'
    expect_failure slow.gif timeout "$timed_out_last"
done
if command -v strace >/dev/null && strace -o "$log/trace" true 2>/dev/null; then
    strace -f -e trace=%file -o "$log/trace" "$THUMBS" --timeout=0.25 photos out >/dev/null 2>&1 || true
    grep -q 'newfstatat\|statx' "$log/trace" || fail "nothing was traced"
    ! grep 'open.*\.gif"' "$log/trace" || fail "a file was opened to be told from memory"
fi
# Other options are another matter, and so are several outputs.
run 1 --timeout=0.25 --size=64,32 --format=jpeg,png
expect_failure crash.gif crashed 'the worker died of signal 11'
run 0 --timeout=0.25 --size=64,32 --format=jpeg,png
expect_failure crash.gif crashed "$crashed_last"
expect_known 0 1 0 3
run 1 --timeout=0.25 --size=64,32 --format=jpeg,png --strict
# Each recipe has its own memory.
run 0 --timeout=0.25
expect_failure crash.gif crashed "$crashed_last"

# More time is reason enough to try again; what comes of it takes the place of the memory.
run 1 --timeout=20
expect_failure crash.gif crashed "$crashed_last"
expect_failure slow.gif internal 'probe: sleep: done'
run 1 --timeout=0.25
expect_failure slow.gif timeout 'took longer than'
! grep 'slow.gif.*last time' "$log/r" || fail "an old memory came back"
# --retry-failed tries all; it fails again, and is remembered again.
run 1 --timeout=0.25 --retry-failed
expect_failure crash.gif crashed '"message":"the worker died of signal 11'
run 0 --timeout=0.25
expect_failure crash.gif crashed "$crashed_last"
# A change is reason enough, too: this one becomes a picture.
cp "$SAMPLES/gif/animated.gif" photos/crash.gif
run 0 --timeout=0.25
expect_known 1 1 0 2
run 0 --timeout=0.25
expect_known 0 2 0 2

# --fail-fast is about new failures.
probe photos/crash.gif crash
run 1 --timeout=0.25 --fail-fast --include=crash.gif
run 0 --timeout=0.25 --fail-fast --include=crash.gif
expect_failure crash.gif crashed "$crashed_last"
# The memory may be deleted at any time.
rm -r out/.thumbs
run 1 --timeout=0.25
expect_failure crash.gif crashed '"message":"the worker died of signal 11'

# A run that ends while a file is worked on says nothing about the file: killed, or stopped by two
# signals.
has_worker() { [ -n "$(workers thumbs-worker)" ]; }
start_held() { # ARGUMENT... - a run whose worker is at the one picture when this returns, and stays there
    hold
    start --jobs=1 --report="$log/r" "$@" photos out
    until_true 20 has_worker || fail "there is no worker: $(cat "$log/stderr")"
    until_true 20 are_held 1 || fail "it does not begin: $(cat "$log/stderr")"
}
rm -r out photos
mkdir photos
probe_jpeg photos/mountain-lake.jpg "while $held" "$SAMPLES/photos/mountain-lake.jpg"
for signals in KILL "INT INT"; do
    start_held
    for signal in $signals; do
        kill -s "$signal" "$run"
        until_true 60 is_heard "$run" || fail "$signals: it does not listen"
    done
    finish 2>/dev/null
    [ "$got_status" -gt 128 ] || fail "$signals: exit status $got_status: $(cat "$log/stderr")"
    until_true 20 no_workers || expect_clean nowhere
    let_go
    run 0
    expect_counts 1 0 0 0 0
    rm -r out
done
# The fork server's death is nobody's fault. A worker that is killed from outside, as by a kernel
# short of memory, costs its file, but says nothing about it: the next run tries again.
start_held
kill -KILL "$(workers thumbs-server)"
let_go
finish
expect_fates "$log/r" "done mountain-lake.jpg"
rm -r out
start_held
kill -KILL "$(workers thumbs-worker)"
let_go
finish
expect_failure mountain-lake.jpg crashed 'the worker died of signal 9'
run 0
expect_fates "$log/r" "done mountain-lake.jpg"

# Two runs that share DEST, each with a part of the sources, do not disturb each other's memory.
rm -r out photos
mkdir photos
for i in 1 2 3 4 5 6; do
    probe "photos/a$i.gif" crash
    probe "photos/b$i.gif" abort
done
"$THUMBS" --jobs=2 --shard=0/2 photos out >"$log/other" 2>&1 </dev/null &
run=$!
thumbs 1 --jobs=2 --shard=1/2 photos out
finish
[ "$got_status" -eq 1 ] || fail "the other run ended with $got_status: $(cat "$log/other")"
run 0
expect_known 0 0 0 12
[ "$(grep -c 'crashed last time' "$log/r")" -eq 12 ] || fail "some were forgotten: $(cat "$log/r")"
