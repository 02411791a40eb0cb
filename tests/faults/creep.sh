#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Long runs do not creep: after 30,000 files each process holds what it held after 5,000, within
# 10 % (and half a megabyte, which is a tenth of little), so that the loss of one small block a
# file is noticed. Small pictures of several kinds, so that decoders and libraries all had a turn.
#   creep.sh PROGRAM SAMPLES MODE [FILES]
# THUMBS_NIGHTLY=1: 100,000 in both.
set -u
. "$(dirname "$0")/common.inc"
mode=$3
n_files=${4:-$(nightly 100000 30000)}
cd "$scratch" || exit 1

# Folders of 1,000: what is kept for a folder goes with it.
mapfile -t pictures < <(find "$samples/orientation" "$samples/jpeg" "$samples/png" "$samples/gif" "$samples/broken" \
    -type f -size -40k | LC_ALL=C sort)
mkdir source source/0
for ((i = 0; i < 1000; i++)); do
    picture=${pictures[i % ${#pictures[@]}]}
    cp "$picture" "source/0/$i.${picture##*.}"
done
for ((i = 1; i < n_files / 1000; i++)); do cp -rl source/0 "source/$i"; done

# Memory that a process has for itself, in kB: "run kB", "server kB" or "worker kB" a line. Workers
# are replaced now and then, so they stand for one another; added up they would hide one that grows.
# Kept is the largest of a few looks, since it goes up and down with the pictures.
anonymous() { # NAME PID...
    local name=$1 pid
    shift
    for pid in "$@"; do
        awk -v name="$name" '/^RssAnon:/ { print name, $2 }' "/proc/$pid/status" 2>/dev/null
    done
}
sample() {
    local server
    server=$(pgrep -P "$1" | head -n 1)
    anonymous run "$1"
    [ -n "$server" ] || return 0
    anonymous server "$server"
    # shellcheck disable=SC2046 # numbers
    anonymous worker $(pgrep -P "$server")
}
largest() {
    awk '{ if ($2 > most[$1]) most[$1] = $2 } END { for (name in most) print name, most[name] }' | LC_ALL=C sort
}
n_done() { wc -l <report 2>/dev/null || echo 0; }

# sample_until PID N - look until N files are reported.
sample_until() {
    while kill -0 "$1" 2>/dev/null && [ "$(n_done)" -lt "$2" ]; do
        sample "$1"
        sleep 0.05
    done
}

: >report
status=0
"$thumbs" --mode=$mode --jobs=2 --quiet --size=64 --report=- source out >>report 2>/dev/null &
pid=$!
sample_until $pid 3000 >warm
sample_until $pid 5000 | largest >early
while kill -0 $pid 2>/dev/null && [ "$(n_done)" -lt $((n_files - 3000)) ]; do sleep 0.2; done # to look costs, too
sample_until $pid $n_files | largest >late
wait $pid || status=$?
[ $status -eq 1 ] || fail "$mode: exit status $status, although some pictures are broken and nothing else is wrong"
[ "$(n_done)" -eq $((n_files + 1)) ] || fail "$mode: $(n_done) lines in the report of $n_files files"
[ -s early ] && [ -s late ] || fail "$mode: it was too quick to look at"
LC_ALL=C join early late >both
[ "$(wc -l <both)" -eq "$(wc -l <late)" ] || fail "$mode: not the same processes were seen early and late"
while read -r name before after; do
    echo "$mode: $name: $before kB after 5,000 files, $after kB after $n_files"
    [ "$after" -le $((before * 11 / 10 + 512)) ] || fail "$mode: $name has grown"
done <both
[ "$failures" -eq 0 ]
