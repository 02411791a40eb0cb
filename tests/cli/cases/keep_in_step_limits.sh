# SPDX-License-Identifier: MIT
# --watch where the kernel does not give what it needs, and with what it does not go together.
. "$CASES/common.inc"
mkdir -p photos/a photos/b
for words in --dry-run --gallery=g.html --manifest=m.json --files-from=list; do
    thumbs 2 --watch "$words" photos out
    expect_said "--watch and ${words%%=*} exclude each other"
done
[ ! -e out ] || fail "a refused run has made DEST"
# As root of a user namespace one may lower one's own limit.
if unshare -Ur sh -c 'echo 2 >/proc/sys/user/max_inotify_watches' 2>/dev/null; then
    status=0
    # shellcheck disable=SC2016 # for the inner shell
    unshare -Ur sh -c 'echo 2 >/proc/sys/user/max_inotify_watches
        exec "$THUMBS" --watch photos out' >"$log/stdout" 2>"$log/stderr" </dev/null || status=$?
    [ "$status" -eq 3 ] || fail "exit status $status beyond the limit of watches: $(cat "$log/stderr")"
    expect_said 'the kernel watches no more folders for this user (at photos/'
    expect_said 'raise fs.inotify.max_user_watches'
fi
refuse=$(dirname "$THUMBS")/tests/refuse
if [ -x "$refuse" ] && "$refuse" inotify_add_watch -- "$THUMBS" --version >"$log/stdout"; then
    status=0
    "$refuse" inotify_add_watch -- "$THUMBS" --watch photos out >"$log/stdout" 2>"$log/stderr" </dev/null || status=$?
    [ "$status" -eq 3 ] || fail "exit status $status without inotify: $(cat "$log/stderr")"
    expect_said 'cannot watch photos: Function not implemented'
fi
