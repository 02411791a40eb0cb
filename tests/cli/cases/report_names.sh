# SPDX-License-Identifier: MIT
# --report never replaces what thumbs did not write, a source or the list; it is refused before
# anything is done.
. "$CASES/common.inc"
mkdir q sub notes
for name in a b c; do cp "$SAMPLES/orientation/orientation-1.jpg" q/$name.jpg; done
echo mine >notes/todo
echo a.jpg >list
cp q/a.jpg lone.jpg
ln q/a.jpg hard.jpg
ln -s q/a.jpg soft.jpg
ln -s notes/todo soft
ln -s nowhere dangling
ln -s "$PWD/q" into
snapshot . | grep -v '\./\.log\|^\. ' >"$log/before"

# refused WHY ARGUMENT... - exit status 2, that word of it, and nothing has changed
refused() {
    why=$1
    shift
    thumbs 2 "$@"
    expect_said "$why"
    [ "$(wc -l <"$log/stderr")" -le 2 ] ||
        fail "more than a line and a pointer: $(cat "$log/stderr")"
    snapshot . | grep -v '\./\.log\|^\. ' >"$log/after"
    cmp -s "$log/before" "$log/after" || fail "something has changed: thumbs $*"
}

# The name is forgotten, and the shell puts the first photo in its place.
refused "was the name of the report left out?" --report q/*.jpg out
refused "thumbs: report: q/a.jpg: " --report q/*.jpg out
refused "is a picture, not a report" --overwrite --report q/*.jpg out
refused "--overwrite replaces it" --report=notes/todo q out
refused "is a folder" --report=sub q out
refused "is a folder" --report=sub/ q out
refused "is a folder" --report=new/ q out
refused "is a folder" --report=.. q out
refused "is DEST" --report=out q out
refused "uses for its records" --report=out/.thumbs q out
refused "uses for its records" --report=.thumbs q out
refused "is DEST" --report=./out q ./sub/../out/
refused "is a symbolic link" --report=soft.jpg notes out
refused "is a symbolic link" --report=soft q out
refused "is a symbolic link" --report=dangling q out
# In a SOURCE: whatever the way there, and what is there not even with --overwrite.
refused "lies in a SOURCE" --report=q/new q out
refused "lies in a SOURCE" --report=into/new q out
refused "lies in a SOURCE" --report=./sub/../q/new q out
refused "lies in a SOURCE" --report=new . out
for more in "" --overwrite; do
    # shellcheck disable=SC2086 # none or one
    refused "lies in a SOURCE" $more --report=q/b.jpg q out
    # shellcheck disable=SC2086
    refused "lies in a SOURCE" $more --report=notes/todo q . out
    # shellcheck disable=SC2086
    refused "is a SOURCE" $more --report=lone.jpg lone.jpg out
    # shellcheck disable=SC2086
    refused "is a SOURCE" $more --report=hard.jpg q/a.jpg out
    # shellcheck disable=SC2086
    refused "a symbolic link" $more --report=soft . out
    # shellcheck disable=SC2086
    refused "is the list of --files-from" $more --report=list --files-from=list q out
    # shellcheck disable=SC2086
    refused "is a folder" $more --report=q q out
done
"$THUMBS" --report=list --files-from=- q out <list 2>"$log/stderr" &&
    fail "the list on standard input is replaced"
expect_said "is the list of --files-from"
"$THUMBS" --report=- --files-from=list q out 2>"$log/stderr" >>list &&
    fail "the report is added to the list"
expect_said "is the list of --files-from"
"$THUMBS" --report=- q/a.jpg out 2>"$log/stderr" >>q/a.jpg && fail "the report is added to a source"
expect_said "is a SOURCE"
snapshot . | grep -v '\./\.log\|^\. ' >"$log/after"
cmp "$log/before" "$log/after" || fail "something has changed"

# What is fine: nothing there, an empty file, a report; with --overwrite any file, and a link
# instead of what it leads to.
thumbs 0 --report=r q out
check_report r
chmod 600 r
thumbs 0 --report=r q out
check_report r
[ "$(stat -c %a r)" = 600 ] || fail "a report for one is one for all now"
: >empty
thumbs 0 --report=empty q out
check_report empty
thumbs 0 --overwrite --report=notes/todo q out
check_report notes/todo
thumbs 0 --overwrite --report=soft.jpg q out
check_report soft.jpg
[ ! -L soft.jpg ] && cmp -s q/a.jpg lone.jpg || fail "a link is followed"
thumbs 0 --overwrite --report=dangling q out
[ ! -e nowhere ] || fail "a link is followed"
thumbs 0 --overwrite --report=q/new q out
check_report q/new
thumbs 0 --report=new --files-from=list q out
thumbs 0 --report=out/r q out
mkdir q/made
thumbs 0 --report=q/made/r q q/made
check_report q/made/r
thumbs 0 --report=q/made/sub.ndjson q q/made
name=$(printf '%0250d' 0)
thumbs 0 --report="$name" q out
check_report "$name"
thumbs 0 --report="$name" q out
thumbs 3 --report="${name}000000" q out
left=$(find . -name '.thumbs-*')
[ -z "$left" ] || fail "left behind: $left"
# A file of others that has the name of a temporary stays; what a killed run left is removed.
echo mine >.thumbs-r.part
cp r .thumbs-r.part2
: >.thumbs-r.part3
thumbs 0 --report=r q out
check_report r
[ "$(cat .thumbs-r.part)" = mine ] || fail "a file of the user is removed"
[ ! -e .thumbs-r.part2 ] && [ ! -e .thumbs-r.part3 ] || fail "temporaries are left"
# One that cannot be written is not replaced by way of its folder.
[ "$(id -u)" -ne 0 ] || exit 0
chmod 400 r
thumbs 3 --report=r q out
expect_said "Permission denied"
