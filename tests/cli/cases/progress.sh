# SPDX-License-Identifier: MIT
# --progress: plain lines where there is no terminal, a bar on one; the summary stays the last line;
# no line is torn.
. "$CASES/common.inc"
mkdir photos
cp "$SAMPLES"/photos/*.jpg photos
cp "$SAMPLES/broken/baseline-width-zero.jpg" photos/bad.jpg
thumbs 1 --progress=always photos out
[ "$(tr -d '[:print:]\n' <"$log/stderr" | wc -c)" -eq 0 ] || fail "control characters where there is no terminal"
grep -Eq '^thumbs: 13/13 100 % [0-9.]+ images/s 1 failed$' "$log/stderr" || fail "no progress: $(cat "$log/stderr")"
for words in --progress=never --progress=auto ""; do
    # shellcheck disable=SC2086 # none or one
    thumbs 1 --retry-failed $words photos out
    [ "$(wc -l <"$log/stderr")" -eq 2 ] || fail "progress where there is no terminal: $(cat "$log/stderr")"
done
thumbs 1 --retry-failed --progress=always --quiet photos out
thumbs 2 --progress=sometimes photos out

command -v script >/dev/null || exit 0
TERM=xterm
export TERM
on_terminal() { # ARGUMENT... - as seen on a terminal, in $log/screen
    echo "exec '$THUMBS' $* >'$log/stdout'" >"$log/command"
    status=0
    script -qec "sh '$log/command'" /dev/null >"$log/screen" </dev/null || status=$?
    tail -n 1 "$log/screen" | tr -d '\r' |
        grep -Eq '[0-9]+ skipped in [0-9.]+ s(, [0-9.]+ images/s)?(; known 1 .*)?$' ||
        fail "on a terminal the last line is: $(tail -n 1 "$log/screen")"
}
on_terminal --mode=sync --format=webp --size=700 photos bar
[ "$status" -eq 1 ] || fail "exit status $status on a terminal"
grep -Eq '\[[#.]+\] [0-9]+/[0-9]+' "$log/screen" || fail "no bar on a terminal"
tr '\r' '\n' <"$log/screen" | sed 's/.\[J//g' | grep -Eq '^thumbs: decode: bad\.jpg: ' ||
    fail "an error is torn by the bar"
on_terminal --progress=never --force photos bar
! grep -q '\[#' "$log/screen" || fail "a bar in spite of --progress=never"
# A name cannot do what it likes with a terminal.
esc=$(printf 'e\033[31m\303\244\302\233x.jpg')
cp photos/bad.jpg "photos/$esc"
on_terminal --progress=never photos bar
grep -qF 'e\x1b[31m' "$log/screen" || fail "an escape character reaches the terminal"
