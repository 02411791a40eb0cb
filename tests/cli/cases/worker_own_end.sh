# SPDX-License-Identifier: MIT
# However a picture ends its worker, it is to blame and is remembered: no worker can make it look as
# if somebody outside had killed it. Needs the probe pictures of test builds.
. "$CASES/common.inc"
mkdir photos
cp "$SAMPLES/jpeg/size-16x16.jpg" photos
has_probes || skip "this build has no probes"
"$THUMBS" --sandbox=require photos locked >/dev/null 2>&1 || skip "no sandbox holds here"
# "hang-up" closes its socket as the dead do, but has to be killed.
probe_jpeg photos/hang-up.jpg hang-up "$SAMPLES/jpeg/size-16x16.jpg"
# "violate" answers for a file that it was not asked about.
probe_jpeg photos/violate.jpg violate "$SAMPLES/jpeg/size-16x16.jpg"
for signal in 9 15 19; do
    probe_jpeg photos/signal-$signal.jpg "signal-self $signal" "$SAMPLES/jpeg/size-16x16.jpg"
done
thumbs 1 --jobs=1 --report="$log/r" photos out
expect_counts 1 0 0 5 0
expect_said 'decode: hang-up.jpg: the worker closed its socket but did not exit'
expect_said 'decode: violate.jpg: the worker sent an invalid answer'
[ "$(grep -c 'probe: signal-self: Operation not permitted' "$log/r")" -eq 3 ] ||
    fail "a worker could send itself a signal: $(cat "$log/r")"
thumbs 0 --jobs=1 --verbose photos out
expect_said 'crashed last time (the worker closed its socket but did not exit'
expect_said 'crashed last time (the worker sent an invalid answer'
