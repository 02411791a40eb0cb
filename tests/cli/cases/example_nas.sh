# SPDX-License-Identifier: MIT
# examples/nas-nightly from its first night over a change, a move, a deletion and a broken upload to a night on which
# nothing is to be done; and a NAS that is not mounted.
. "$CASES/common.inc"
nightly=$CASES/../../../examples/nas-nightly/nas-nightly
command -v flock >/dev/null || skip "there is no flock"
export THUMBS_PROGRAM="$THUMBS" THUMBS_OPTIONS="--size=32"
export THUMBS_MAIL="$PWD/mail"
printf '%s\n' '#!/bin/sh' '{ echo "subject: $1"; cat; } >>"$0.box"' >mail
chmod +x mail

night() { # STATUS DONE UP_TO_DATE FAILED REMOVED
    wanted=$1 counts="$2 done, $3 up to date, 0 damaged, $4 failed, "
    got=0
    rm -f mail.box
    "$nightly" archive thumbnails state || got=$?
    [ "$got" -eq "$wanted" ] || fail "exit status $got instead of $wanted: $(cat state/log)"
    case $(tail -n 1 state/log) in
    "$counts"*"; $5 removed"*) ;;
    *) fail "expected $counts...; $5 removed, got: $(tail -n 1 state/log)" ;;
    esac
    check_report state/run.ndjson
    [ -s state/index.html ] || fail "there is no gallery"
    if [ "$wanted" -eq 0 ] && [ -e mail.box ]; then fail "a mail for nothing: $(cat mail.box)"; fi
}

mkdir -p archive/2020 'archive/@eaDir' archive/new
cp "$SAMPLES"/orientation/orientation-[1-4].jpg archive/2020
cp "$SAMPLES/orientation/orientation-5.jpg" 'archive/@eaDir/litter.jpg'
night 0 4 0 0 0
expect_outputs thumbnails 2020/orientation-1.jpg 2020/orientation-2.jpg 2020/orientation-3.jpg 2020/orientation-4.jpg
night 0 0 4 0 0

# A new one, a changed one, one that moved, one that is gone, one whose upload broke off.
cp "$SAMPLES/orientation/orientation-6.jpg" archive/new/six.jpg
cp "$SAMPLES/orientation/orientation-7.jpg" archive/2020/orientation-2.jpg
mv archive/2020/orientation-3.jpg archive/new/moved.jpg
rm archive/2020/orientation-4.jpg
head -c 100 "$SAMPLES/orientation/orientation-8.jpg" >archive/new/broken.jpg
got=0
rm -f mail.box
"$nightly" archive thumbnails state || got=$?
[ "$got" -eq 1 ] || fail "exit status $got instead of 1"
expect_outputs thumbnails 2020/orientation-1.jpg 2020/orientation-2.jpg new/moved.jpg new/six.jpg
check_report state/run.ndjson
grep -q '^{"source":"new/broken.jpg","status":"failed"' state/run.ndjson || fail "the broken one is not reported"
grep -q '^subject: thumbnails of archive: status 1$' mail.box || fail "no mail, or another: $(cat mail.box)"
grep -q 'new/broken.jpg: ' mail.box || fail "the mail does not name it: $(cat mail.box)"
# Nothing is to be done: no thumbnail is written, nobody is woken.
inodes() { outputs thumbnails | while read -r name; do stat -c '%n %i %y %s' "thumbnails/$name"; done; }
inodes >"$log/before"
night 0 0 4 0 0
inodes >"$log/after"
cmp -s "$log/before" "$log/after" || fail "a night with nothing to do has written: $(diff "$log/before" "$log/after")"
# The upload is done again.
cp "$SAMPLES/orientation/orientation-8.jpg" archive/new/broken.jpg
night 0 1 4 0 0

# Not mounted: all is kept, and somebody is told.
mv archive away
mkdir archive
got=0
rm -f mail.box
"$nightly" archive thumbnails state || got=$?
[ "$got" -eq 3 ] || fail "exit status $got instead of 3"
grep -q 'status 3$' mail.box || fail "no mail of it"
[ "$(outputs thumbnails | wc -l)" -eq 5 ] || fail "thumbnails are gone"
rmdir archive
mv away archive
night 0 0 5 0 0

# One at a time.
exec 8>state/lock
flock 8
got=0
"$nightly" archive thumbnails state 2>"$log/stderr" || got=$?
exec 8>&-
[ "$got" -eq 75 ] || fail "exit status $got instead of 75 beside another run"
expect_clean thumbnails
