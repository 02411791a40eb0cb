# SPDX-License-Identifier: MIT
# DEST/.thumbs may be deleted at any time, or be damaged: then more is made again, and never less.
. "$CASES/common.inc"
mkdir -p photos/sub
for n in 1 2 3; do cp "$SAMPLES/orientation/orientation-$n.jpg" "photos/$n.jpg"; done
cp photos/1.jpg photos/sub/4.jpg
thumbs 0 photos out
rm -r out/.thumbs
thumbs 0 photos out
expect_counts 4 0 0 0 0
thumbs 0 photos out
expect_counts 0 4 0 0 0

cp -r out/.thumbs "$log/good"
damage() { # COMMAND, which is given each manifest as $1
    rm -rf out/.thumbs
    cp -r "$log/good" out/.thumbs
    for manifest in out/.thumbs/made/*; do sh -c "$1" sh "$manifest"; done
    rm out/1.jpg
    thumbs 0 --mode=sync photos out
    cmp out/1.jpg out/sub/4.jpg || fail "after '$1': no new thumbnail"
    thumbs 0 --mode=sync photos out
    case $(tail -n 1 "$log/stderr") in
    "0 done, 4 up to date, "*) ;;
    *) [ "${2-}" = for_good ] || fail "after '$1' and a run nothing is known: $(tail -n 1 "$log/stderr")" ;;
    esac
}
damage ': >"$1"'
damage 'echo rubbish >"$1"'
damage 'head -c 50000 /dev/urandom >"$1"'
damage 'size=$(stat -c %s "$1"); truncate -s $((size - 1)) "$1"'
damage 'size=$(stat -c %s "$1"); truncate -s $((size / 2)) "$1"'
damage 'printf "\0\0\0\0" >>"$1"'
damage 'printf "half a li" >>"$1"'
damage 'tr " " "\n" <"$1" >"$1.x"; mv "$1.x" "$1"'
damage 'rm "$1"; mkdir "$1"' for_good
damage 'rm "$1"; ln -s /dev/null "$1"' for_good
damage 'rm "$1"; mkfifo "$1"' for_good
damage 'i=0; while [ $i -lt 9 ]; do cat "$1" "$1" >"$1.x"; mv "$1.x" "$1"; i=$((i + 1)); done'

# Deleted while a run is at it.
many more 3
hold
start --jobs=2 --format=webp --size=400 more out2
until_true 20 has_outputs out2 3 || fail "it does not begin"
until_true 20 rm -rf out2/.thumbs 2>/dev/null || fail "it cannot be deleted" # something may just be written there
let_go
finish
[ "$got_status" -eq 0 ] || fail "exit status $got_status when .thumbs goes in mid-run"
[ "$(outputs out2 | wc -l)" -eq 36 ] || fail "not all was made"
expect_clean out2
thumbs 0 --format=webp --size=400 more out2
expect_clean out2
