# SPDX-License-Identifier: MIT
# A report appears whole. What a killed run leaves is one temporary with the lines so far, which the
# next run removes.
. "$CASES/common.inc"
has_probes || skip "this build has no probes"
mkdir few
cp "$SAMPLES/orientation/orientation-1.jpg" few
many photos 2
thumbs 0 --report=r few out
cp r old
part=.thumbs-r.part
# begin NAME DEST - a run that is held, and has written lines of its report
begin() {
    hold
    start --mode=threads --jobs=2 --report="$1" photos "$2"
    until_true 20 grep -qs '"status":"done"' "$3" ||
        fail "no lines in $3: $(ls -A) $(cat "$log/stderr")"
}

# kill -9: the old report stays, the lines so far are beside it.
begin r killed $part
kill -9 "$run"
finish 2>/dev/null
let_go
cmp r old || fail "a killed run has changed the report"
fates $part >"$log/fates" && [ -s "$log/fates" ] ||
    fail "the lines of a killed run are of no use: $(cat $part)"

# While a run writes it, its temporary is left alone by another, which also removes what killed ones
# have left.
mv $part $part"3"
begin r first $part
[ ! -e $part"3" ] || fail "what a killed run left stays"
mv "$log/stderr" "$log/stderr.first"
first=$run
"$THUMBS" --quiet --report=r few out || fail "a second run with the same report: exit status $?"
check_report r
! cmp -s r old || fail "the second run has written no report"
[ "$(find . -name '.thumbs-r.part*')" = ./$part ] || fail "not one temporary: $(ls -A)"
kill -TERM "$first"
let_go
finish
[ "$got_status" -eq 143 ] || fail "exit status $got_status after SIGTERM"
# SIGTERM: what is begun is finished, and told.
check_report r
tail -n 1 r | grep -q '"interrupted":15' ||
    fail "the report does not tell of the signal: $(tail -n 1 r)"
[ "$(grep -c '"source"' r)" -ge 1 ] || fail "the report of an aborted run is of no use"
[ -z "$(find . -name '.thumbs-r*')" ] || fail "left behind: $(ls -A)"

# Another put a file there meanwhile: it stays, and the report is not lost.
begin new third .thumbs-new.part
echo mine >new
let_go
finish
[ "$got_status" -eq 3 ] && [ "$(cat new)" = mine ] ||
    fail "exit status $got_status, new: $(cat new)"
expect_said "it stays in '.thumbs-new.part'"
check_report .thumbs-new.part

# Somebody else's file is not removed, and many of them do not stop a run.
rm .thumbs-new.part
mkdir $part
thumbs 0 --report=r few out
check_report r
[ -d $part ] || fail "a folder is removed"
# No report can be begun where no file can be made.
rmdir $part
if [ "$(id -u)" -ne 0 ]; then
    mkdir closed
    chmod a-w closed
    thumbs 3 --report=closed/r few nothing
    expect_said "Permission denied"
    [ ! -d nothing ] || expect_outputs nothing
fi
# Nor is half a report left where it cannot be written.
many lots 8 orientation
status=0
(ulimit -f 8 && exec "$THUMBS" --mode=sync --quiet --size=16 --report=big lots out2) \
    2>"$log/stderr" || status=$?
[ "$status" -eq 3 ] || fail "past the largest size of files: exit status $status"
expect_said "report: big: File too large"
[ -z "$(find . -name big -o -name '.thumbs-big*')" ] || fail "half a report: $(ls -A)"
