#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# bench.sh PROGRAM SAMPLES: thumbs bench runs, its JSON keeps to the schema, and it cleans up, also
# after Ctrl-C.
set -euo pipefail
program=$(realpath "$1") samples=$(realpath "$2")
# shellcheck source-path=SCRIPTDIR source=common.inc
. "$(dirname "${BASH_SOURCE[0]}")/common.inc"

# The checker itself must tell bad from good.
echo '{"schema":"other"}' >bad.json
if python3 "$here/check_schema.py" "$here/bench.schema.json" bad.json >/dev/null; then
    fail "the checker passes anything"
fi

"$program" bench --quiet --runs=2 -j1,2 --json=b.json --csv=b.csv --svg=b.svg pictures >table
python3 "$here/check_schema.py" "$here/bench.schema.json" b.json
is_clean
grep -q '^3 outputs, .* the same bytes in every run$' table || fail "no word on the outputs"
tail -n 1 table | grep -Eq '^(CPU|I/O) bound: ' || fail "no advice"
# Two runs of sync, threads and processes with 1 and 2 jobs (with io_uring, if it is there, four
# rows more), and a head.
lines=$(wc -l <b.csv)
[ "$lines" -eq 11 ] || [ "$lines" -eq 19 ] || fail "$lines lines of CSV"
python3 -c 'import sys, xml.dom.minidom; xml.dom.minidom.parse("b.svg")' || fail "the chart is no XML"
python3 - <<'P'
import json
b = json.load(open("b.json"))
assert b["outputs"]["identical"] and b["outputs"]["files"] == 3 and b["source"]["pictures"] == 3, b
for row in b["rows"]:
    assert len(row["runs"]) == 2, row
    shares = sum(row["stage_shares"].values())
    assert abs(shares - 1) < 1e-3, shares
    assert row["stage_shares"]["decode"] > 0, row
    assert (row["mode"] == "sync") == (row["io"] is None), row
P

# JSON on standard output is JSON alone, the table then goes to standard error.
"$program" bench --runs=1 --modes=sync --json=- pictures >o.json 2>table
python3 "$here/check_schema.py" "$here/bench.schema.json" o.json
grep -q '^sync ' table || fail "no table on standard error"

# Storage that makes each open wait: bound by I/O, and threads overlap what sync has to wait for.
"$program" bench --quiet --runs=1 --modes=sync,threads -j1 --io=threads --io-jobs=8 --io-latency=700 --no-work \
    --json=l.json pictures >table
python3 - <<'P'
import json
b = json.load(open("l.json"))
sync, threads = b["rows"]
assert b["advice"]["bound"] == "io", b["advice"]
assert sync["seconds"]["median"] >= 2.1, sync
assert threads["speedup"] > 1.5, threads
P

# What cannot be timed is said, and nothing is left.
mkdir empty
status=0
"$program" bench empty >out 2>err || status=$?
[ "$status" -eq 2 ] && grep -q 'no picture' err || fail "an empty folder: $status"
status=0
"$program" bench --runs=1 --json=missing/x.json pictures >out 2>err || status=$?
[ "$status" -eq 3 ] || fail "a file that cannot be written: $status"
status=0
TMPDIR=$work/pictures "$program" bench --runs=1 pictures >out 2>err || status=$?
[ "$status" -eq 2 ] && [ "$(ls pictures | wc -l)" -eq 3 ] || fail "scratch in SOURCE: $status"
is_clean

# Ctrl-C in the middle of a run.
"$program" bench --quiet --runs=1000 --io-latency=1000 pictures >out 2>err &
pid=$!
until [ -n "$(find tmp -path "*/.thumbs/run-*" 2>/dev/null)" ]; do sleep 0.05; done
kill -INT "$pid"
status=0
wait "$pid" || status=$?
[ "$status" -eq 130 ] || fail "after SIGINT: $status"
is_clean
echo "thumbs bench does as it says"
