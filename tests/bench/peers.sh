#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# peers.sh PROGRAM SAMPLES BENCHMARKS: the race runs with whatever is installed, its JSON keeps to
# the schema, it judges outputs and cleans up.
set -euo pipefail
program=$(realpath "$1") samples=$(realpath "$2") benchmarks=$(realpath "$3")
# shellcheck source-path=SCRIPTDIR source=common.inc
. "$(dirname "${BASH_SOURCE[0]}")/common.inc"
race() {
    "$benchmarks/bench_peers" --quality-tool="$benchmarks/bench_quality" \
        --sharp-script="$here/../../benchmarks/peers-sharp.mjs" --runs=1 "$@" pictures
}

race --thumbs="$program" --json=p.json --svg=p.svg >table
python3 "$here/check_schema.py" "$here/peers.schema.json" p.json
python3 -c 'import xml.dom.minidom; xml.dom.minidom.parse("p.svg")' || fail "the chart is no XML"
python3 - <<'P'
import json
peers = {p["name"]: p for p in json.load(open("p.json"))["peers"]}
for name in ("thumbs-processes", "thumbs-threads"):
    assert peers[name]["state"] == "ok", peers[name]
    assert peers[name]["ssim"]["mean"] > 0.9, peers[name]
for p in peers.values():
    assert p["state"] != "thrown-out", (p["label"], p["reason"])
P
is_clean

# A picture whose name stands where that of the figures belongs stays as it is, and nothing is
# raced.
cp pictures/dunes.jpg photo.jpg
for option in --json=pictures/dunes.jpg --svg=photo.jpg; do
    status=0
    race --thumbs="$program" "$option" >table 2>err || status=$?
    [ "$status" -eq 2 ] || fail "$option: $status"
    [ ! -s table ] || fail "$option: it was raced all the same"
    grep -q 'is a picture\|in a SOURCE' err || fail "$option: $(cat err)"
done
cmp photo.jpg pictures/dunes.jpg || fail "a picture was written over"
race --thumbs="$program" --only=thumbs --json=p.json >table # its own figures are replaced
is_clean

# A program that is fast because it cheats is thrown out: one that makes nothing, and one whose
# outputs are another picture.
cat >lazy <<'P'
#!/bin/sh
case $1 in --version) echo "lazy 1" ;; esac
P
cat >liar <<'P'
#!/bin/sh
case $1 in --version) echo "liar 1"; exit ;; esac
for word; do output=$word; done
exec "$THUMBS" --quiet --size=128 . "$output"
P
chmod +x lazy liar
export THUMBS=$program
for cheat in lazy liar; do
    status=0
    race --thumbs="$work/$cheat" --only=thumbs --json=c.json >table 2>err || status=$?
    [ "$status" -eq 1 ] || fail "$cheat: $status"
    python3 "$here/check_schema.py" "$here/peers.schema.json" c.json
    grep -q '"state": "thrown-out"' c.json || fail "$cheat got through"
done
grep -q 'wrong dimensions' c.json || fail "the liar was thrown out for another reason"

# Each workload is all of its kind but what lies in folders called broken, and nothing else.
for kind in png webp heic avif; do
    bash "$here/../../benchmarks/workload" "$kind" "$samples" "$work/$kind" >/dev/null
    n_all=$(find "$samples" -iname "*.$kind" ! -path '*/broken/*' | wc -l)
    [ "$(find "$work/$kind" -type f | wc -l)" -eq "$n_all" ] ||
        fail "$kind: not all that there are"
    [ -z "$(find "$work/$kind" -type f ! -name "*.$kind")" ] || fail "$kind: others are among them"
done
echo "the race is fair"
