#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The command line on a corpus of real, odd and broken files:
# $THUMBS_CORPUS/{broken,formats,pngsuite,photos,orientation}. Skipped without it.
#   corpus.sh PROGRAM SAMPLES
#
# Of what is broken: the run ends by itself with exit status 0 or 1, every file has one line in the
# report, no temporary and no process is left, no source has changed, and every thumbnail is a sound
# picture: the program, given its own thumbnails, finds no fault with them. Of photos: the same
# bytes in all modes.
set -u
if [ -z "${THUMBS_CORPUS:-}" ] || [ ! -d "$THUMBS_CORPUS" ]; then
    echo "SKIPPED corpus: THUMBS_CORPUS names no folder"
    exit 77
fi
THUMBS=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
SAMPLES=$(cd "$2" && pwd)
CASES=$(cd "$(dirname "$0")" && pwd)/cases
CORPUS=$(cd "$THUMBS_CORPUS" && pwd)
LC_ALL=C
export THUMBS SAMPLES CASES LC_ALL
unset THUMBS_FAULT

scratch=$(mktemp -d "${TMPDIR:-/tmp}/thumbs-corpus.XXXXXX") || exit 2
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 2
# shellcheck source=cases/common.inc
. "$CASES/common.inc"

n_tried=0
of_set() { # NAME - is it there? Says so if not.
    if [ -d "$CORPUS/$1" ]; then
        n_tried=$((n_tried + 1))
        return 0
    fi
    echo "# $1 is not in the corpus"
    return 1
}

for set in broken formats pngsuite; do
    of_set $set || continue
    snapshot "$CORPUS/$set" >before
    status=0
    timeout -k 5 60 "$THUMBS" --mode=processes --jobs=2 --hidden --timeout=10 --report="$set.ndjson" \
        "$CORPUS/$set" "$set" >stdout 2>"$log/stderr" </dev/null || status=$?
    case $status in
    0 | 1) ;;
    *) fail "$set: exit status $status: $(tail -n 3 "$log/stderr")" ;;
    esac
    [ ! -s stdout ] || fail "$set: something on standard output"
    check_summary
    check_report "$set.ndjson"
    expect_clean "$set"
    snapshot "$CORPUS/$set" >after
    cmp -s before after || fail "$set: a source has changed"

    # One line for every regular file, by name.
    find "$CORPUS/$set" -type f -printf '%P\n' | sort >files
    awk -v want=fates -f "$CASES/report.awk" "$set.ndjson" | sed 's/^[^ ]* //' | sort >told
    cmp -s files told || fail "$set: other files are told than are there: $(diff files told | head -n 5)"
    odd=$(grep -Ev -e '^thumbs: (load|decode|damaged|walk|resize|encode|write|queue): [^ ].*: .+' -e '^[0-9]+ done, ' \
        "$log/stderr" | head -n 5)
    [ -z "$odd" ] || fail "$set: lines that are not the program's own: $odd"

    # Its own thumbnails are sound.
    n=$(outputs "$set" | wc -l)
    [ "$n" -gt 0 ] || fail "$set: not one thumbnail"
    thumbs 0 --mode=processes --jobs=2 --on-damage=fail "$set" "again-$set"
    expect_counts "$n" 0 0 0 0

    # What could be made is up to date the next time; what failed is known in the same way.
    awk -v want=fates -f "$CASES/report.awk" "$set.ndjson" | sed 's/^damaged /done /;s/^failed:/known:/' | sort >first
    status=0
    timeout -k 5 60 "$THUMBS" --mode=processes --jobs=2 --hidden --timeout=10 --report=r "$CORPUS/$set" "$set" \
        2>/dev/null || status=$?
    awk -v want=fates -f "$CASES/report.awk" r | sed 's/^up-to-date /done /;s/^failed:/known:/' | sort >second
    cmp -s first second || fail "$set: the second run tells otherwise: $(diff first second | head -n 5)"
    echo "# $set: $(wc -l <files) files, $n thumbnails"
done

for set in orientation photos; do
    of_set $set || continue
    n=$(find "$CORPUS/$set" -type f | wc -l)
    for mode in $MODES; do
        thumbs 0 --mode="$mode" --jobs=2 --quiet --size=256,16 --report="$set.$mode" "$CORPUS/$set" "$set-$mode"
        check_report "$set.$mode"
        expect_clean "$set-$mode"
        [ "$(outputs "$set-$mode" | wc -l)" -eq $((2 * n)) ] ||
            fail "$set, $mode: $(outputs "$set-$mode" | wc -l) thumbnails of $n pictures"
    done
    same_trees "$set-sync" "$set-threads"
    same_trees "$set-sync" "$set-processes"
    echo "# $set: $n files, the same in all modes"
done
[ $n_tried -gt 0 ] || { echo "SKIPPED corpus: nothing in $THUMBS_CORPUS"; exit 77; }
