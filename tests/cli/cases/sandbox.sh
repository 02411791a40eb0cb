# SPDX-License-Identifier: MIT
# Locked-up workers, asked from inside by probes (builds with fault injection only): what is
# refused, that the same probes succeed with --sandbox=off, that pictures come out the same, and
# what happens where the kernel has less.
. "$CASES/common.inc"
refuse=${THUMBS%/*}/tests/refuse
mkdir probes photos
probe() { printf 'GIF89a\001\000\001\000\000\000\000THUMBS-PROBE %s\n' "$2" >"probes/$1.gif"; }
echo secret >secret
chmod 600 secret
probe ok ok
thumbs 1 --report="$log/r" probes none
grep -q 'probe: ok: done' "$log/r" || skip "this build has no probes"
here=$PWD
probe open-read "open-read $here/secret"
probe open-write "open-write $here/secret"
probe create "create $here/new"
probe unlink "unlink $here/secret"
probe list "list $here"
for word in reopen-buffer stderr socket fork memfd ptrace-parent kill-parent signal-group; do probe $word $word; done
probe connect "connect $here/no-socket"
probe exec "exec /bin/true"
rm probes/ok.gif

# check_refused OPTION... - each probe has been refused by the kernel, with the error that means so.
check_refused() {
    rm -rf none
    status=0
    "$@" --jobs=2 --report="$log/r" probes none >"$log/stdout" 2>"$log/stderr" || status=$?
    [ $status -eq 1 ] || fail "exit status $status: $* ($(tail -n 1 "$log/stderr"))"
    [ "$(fates "$log/r" | wc -l)" -eq "$(ls probes | wc -l)" ] || fail "$*: not every probe was told"
    if grep '"status":"failed"' "$log/r" |
        grep -v -e 'probe: [a-z-]*: Operation not permitted' -e 'probe: [a-z-]*: Permission denied'; then
        fail "$*: a worker could do that"
    fi
    [ "$(cat secret)" = secret ] && [ ! -e new ] || fail "$*: a worker reached a file"
}
check_refused "$THUMBS"
check_refused "$THUMBS" --sandbox=require
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
    chmod 755 .
    mkdir -m 777 plain
    status=0
    (cd plain && setpriv --reuid=65534 --regid=65534 --clear-groups \
        "$THUMBS" --sandbox=require --report=r ../probes out) \
        >"$log/stdout" 2>"$log/stderr" || status=$?
    # Folders above may be closed to a plain user: then that cannot be tried here.
    n_refused=$(grep -c -e 'Operation not permitted' -e 'Permission denied' plain/r || true)
    [ $status -ne 1 ] || [ "$n_refused" -eq "$(ls probes | wc -l)" ] ||
        fail "a plain user's worker could do something"
fi

# The probes mean something: outside the sandbox they succeed.
rm -f probes/exec.gif probes/unlink.gif probes/connect.gif probes/stderr.gif # the last is so in any case
thumbs 1 --retry-failed --sandbox=off --report="$log/r" probes none
[ "$(grep -c 'probe: [a-z-]*: done' "$log/r")" -eq "$(ls probes | wc -l)" ] ||
    fail "without a sandbox some probes fail all the same: $(grep -v ': done' "$log/r")"
rm -f new

# Pictures of all kinds come out as they do without.
cp "$SAMPLES/photos/dunes.jpg" "$SAMPLES/png/rgba-16-adam7.png" "$SAMPLES/gif/animated.gif" photos
thumbs 0 -v photos inside
tail -n 1 "$log/stderr" | grep -q '; sandbox: seccomp' || fail "-v does not say which layers hold"
thumbs 0 -v --sandbox=off photos outside
tail -n 1 "$log/stderr" | grep -q '; sandbox: off$' || fail "-v does not say that none holds"
same_trees inside outside

# On a kernel without Landlock seccomp still holds, a note says so, and `require` does not run.
if [ -x "$refuse" ] && "$refuse" landlock_create_ruleset -- /bin/true 2>/dev/null; then
    "$refuse" landlock_create_ruleset -- "$THUMBS" photos old 2>"$log/stderr" || fail "it does not run without Landlock"
    grep -q 'locked up only in part: seccomp.*no Landlock' "$log/stderr" || fail "no note: $(cat "$log/stderr")"
    same_trees inside old
    check_refused "$refuse" landlock_create_ruleset -- "$THUMBS"
    status=0
    "$refuse" landlock_create_ruleset -- "$THUMBS" --sandbox=require photos never 2>"$log/stderr" || status=$?
    [ $status -eq 3 ] || fail "require: exit status $status without Landlock"
    grep -q 'the required sandbox is incomplete' "$log/stderr" || fail "require: no reason"
    [ "$(outputs never | wc -l)" -eq 0 ] || fail "require: it worked all the same"
fi
thumbs 2 --sandbox=maybe photos out
thumbs 2 --sandbox=require --mode=threads photos out
