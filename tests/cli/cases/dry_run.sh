# SPDX-License-Identifier: MIT
# --dry-run says what would be done and writes nothing: no DEST, no file in it, no temporary cleared
# away.
. "$CASES/common.inc"
mkdir -p photos/sub
cp "$SAMPLES/orientation/orientation-1.jpg" photos/a.jpg
cp "$SAMPLES/png/rgb-8.png" photos/sub/b.png
echo text >photos/notes.txt
: >photos/empty.png
thumbs 1 --dry-run --size=10,20 --report="$log/r" photos new/dest
[ ! -e new ] || fail "DEST was made"
printf '%s\n' "would make a.jpg -> a-10.jpg, a-20.jpg" "would make sub/b.png -> sub/b-10.jpg, sub/b-20.jpg" |
    cmp - "$log/stdout"
awk -v want=check -v dry=1 -f "$CASES/report.awk" "$log/r"
case $(tail -n 1 "$log/stderr") in
"dry run: 2 to do, 0 up to date, 0 damaged, 1 failed, 1 skipped in "*) ;;
*) fail "summary: $(tail -n 1 "$log/stderr")" ;;
esac

rm photos/empty.png
# Nothing is on record there that could be removed.
thumbs 0 --dry-run --delete photos new/dest
[ ! -e new ] || fail "DEST was made"
thumbs 0 photos out
cp "$SAMPLES/orientation/orientation-2.jpg" photos/c.jpg
echo half >out/.thumbs-0123456789abcdef-1
echo half >out/sub/.thumbs-0123456789abcdef-2
snapshot out >before
snapshot photos >>before
for mode in $MODES; do
    thumbs 0 -n --mode="$mode" photos out
    echo "would make c.jpg -> c.jpg" | cmp - "$log/stdout"
    thumbs 0 -n --mode="$mode" --force --report=- photos out
    [ "$(grep -c '"status":"would-make"' "$log/stdout")" -eq 3 ] || fail "--force is forgotten"
    thumbs 0 -n --mode="$mode" --quiet photos out
    [ ! -s "$log/stdout" ] && [ ! -s "$log/stderr" ] || fail "--quiet says something"
done
snapshot out >after
snapshot photos >>after
cmp before after || fail "a dry run has changed something"
# A DEST that cannot be is told.
echo >file
thumbs 2 -n photos file
