# SPDX-License-Identifier: MIT
# What `thumbs bench` writes by name follows the rules of a report: see report_names.
. "$CASES/common.inc"
mkdir tmp q
TMPDIR=$PWD/tmp
export TMPDIR
cp "$SAMPLES/orientation/orientation-1.jpg" q/a.jpg
cp q/a.jpg mine.jpg
ln -s mine.jpg link
ln -s q/a.jpg link2
bench() { # STATUS ARGUMENT...
    wanted_status=$1
    shift
    got_status=0
    "$THUMBS" bench --quiet --runs=1 --modes=sync "$@" q >"$log/stdout" 2>"$log/stderr" ||
        got_status=$?
    [ "$got_status" -eq "$wanted_status" ] ||
        fail "exit status $got_status: thumbs bench $*: $(cat "$log/stderr")"
    cmp -s mine.jpg q/a.jpg || fail "a file of the user is replaced: thumbs bench $*"
    [ -z "$(find . -name '.thumbs-*')" ] && [ -z "$(ls -A tmp)" ] ||
        fail "left behind: thumbs bench $*: $(ls -A . tmp)"
}
for kind in json csv svg; do
    bench 2 --$kind=mine.jpg
    expect_said "thumbs: mine.jpg: is a picture, not a "
    bench 2 --overwrite --$kind=mine.jpg
    bench 2 --$kind=link
    expect_said "is a symbolic link"
    for more in "" --overwrite; do
        # shellcheck disable=SC2086 # none or one
        bench 2 $more --$kind=q/a.jpg
        expect_said "lies in a SOURCE"
        # shellcheck disable=SC2086
        bench 2 $more --$kind=q
    done
    bench 2 --$kind=q/new
    [ ! -e q/new ] || fail "a new file in SOURCE"
    bench 3 --$kind=missing/x
    echo mine >todo
    bench 0 --overwrite --$kind=todo
    [ "$(cat todo)" != mine ] || fail "--overwrite does not"
    # Its own again.
    bench 0 --$kind=todo
    # Of another kind.
    for other in json csv svg; do
        [ $other = $kind ] || bench 2 --$other=todo
    done
    bench 2 --$kind=todo.x --json=todo.x --csv=todo.x
    expect_said "is to be written twice"
    echo old >all
    "$THUMBS" bench --quiet --runs=1 --modes=sync --$kind=/dev/stdout q >>all ||
        fail "exit status $?"
    [ "$(head -n 1 all)" = old ] || fail "--$kind=/dev/stdout empties what it goes to"
done
bench 2 --json=x --csv=./x
expect_said "is to be written twice"
bench 2 --json=x --svg=tmp/../x
bench 2 --csv=x --svg="$PWD/x"
bench 2 --json=- --csv=/dev/stdout
expect_said "is to be written twice"
bench 0 --json=/dev/null --csv=/dev/null
[ ! -e x ] || fail "something was written"
bench 0 --json=j --csv=c --svg=s
bench 0 --json=j --csv=c --svg=s
# A benchmark that ends early leaves what there was.
cp j old
"$THUMBS" bench --quiet --runs=1000 --io-latency=500 --json=j q >"$log/stdout" 2>"$log/stderr" &
run=$!
until_true 20 test -e .thumbs-j.part || fail "the benchmark does not begin"
kill -INT "$run"
finish
[ "$got_status" -eq 130 ] || fail "exit status $got_status after SIGINT"
cmp j old || fail "figures of a benchmark that was not finished"
[ -z "$(find . -name '.thumbs-*')" ] || fail "left behind: $(ls -A)"
