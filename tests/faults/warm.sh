#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Memory stays warm: once a run goes, a picture costs few page faults, in any mode, although its
# file has megabytes and so have its planes. Counted over all processes, as the difference of a
# short and a long run over the same pictures, so that what starting costs is not in it.
#   warm.sh PROGRAM SAMPLES
set -u
. "$(dirname "$0")/common.inc"
command -v python3 >/dev/null || { echo "passed over: no python3"; exit 77; }
cd "$scratch" || exit 1

# Photos with 6 MiB behind their end, which decoders leave alone and readers do not.
mkdir photos || exit 1
for photo in "$samples"/photos/{autumn-leaves,brick-wall,forest}.jpg; do
    { cat "$photo" && head -c $((6 << 20)) /dev/zero; } >"photos/${photo##*/}" || exit 1
done
copies() { # N NAME
    mkdir "$2" && for ((i = 0; i < $1; i++)); do cp -rl photos "$2/$i" || exit 1; done
}
copies 10 short
copies 30 long

cat >count.py <<'EOF'
import os, resource, subprocess, sys

def faults(program, mode, source):
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_minflt
    subprocess.run([program, "--mode=" + mode, "--jobs=2", "--quiet", "--queue-bytes=64M", "--size=600", source,
                    "out-" + mode + "-" + source], check=True)
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_minflt - before

program, mode, most = sys.argv[1], sys.argv[2], int(sys.argv[3])
n = [sum(len(names) for _, _, names in os.walk(source)) for source in ("short", "long")]
each = (faults(program, mode, "long") - faults(program, mode, "short")) / (n[1] - n[0])
print("%s: %.1f page faults a picture" % (mode, each))
sys.exit(each > most)
EOF
for mode in sync threads processes; do
    python3 count.py "$thumbs" $mode 100 || fail "$mode: its memory does not stay warm"
done

# A worker that waits for files holds less than while it worked: names come, then none do.
mkfifo names || exit 1
"$thumbs" --mode=processes --jobs=1 --quiet --size=1000 --files-from=names long out-idle &
pid=$!
exec 3>names
own() { # own memory of the worker, in kB; 0 if there is none
    local server worker kb
    server=$(pgrep -P $pid | head -n 1) && worker=$(pgrep -P "${server:-0}" | head -n 1)
    kb=$(awk '/^RssAnon:/ { print $2 }' "/proc/${worker:-none}/status" 2>/dev/null) || true
    echo "${kb:-0}"
}
n_made() { find out-idle -name '*.jpg' 2>/dev/null | wc -l; }
(cd long && find . -name '*.jpg') >&3
most=0
while kill -0 $pid 2>/dev/null && [ "$(n_made)" -lt 90 ]; do
    now=$(own)
    [ "$now" -le $most ] || most=$now
    sleep 0.02
done
idle=0
for ((i = 0; i < 400; i++)); do
    idle=$(own)
    if [ "$idle" -gt 0 ] && [ "$idle" -lt $((most - 4096)) ]; then break; fi
    sleep 0.05
done
exec 3>&-
wait $pid || fail "the run with a list failed"
echo "own memory of a worker: $most kB at work, $idle kB idle"
[ "$idle" -gt 0 ] && [ "$idle" -lt $((most - 4096)) ] || fail "an idle worker keeps what it used"
[ "$failures" -eq 0 ]
