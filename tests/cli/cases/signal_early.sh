# SPDX-License-Identifier: MIT
# A signal at any moment of the beginning and the end of a run: the same, whatever there was to
# stop.
. "$CASES/common.inc"
mkdir photos
cp "$SAMPLES/jpeg/size-16x16.jpg" photos/a.jpg
for mode in $MODES; do
    for pause in 0 0.005 0.015 0.03 0.06; do
        start --mode="$mode" --force photos out
        sleep "$pause"
        kill -INT "$run" 2>/dev/null || true
        finish
        # Before it listens (2: as any program) or after it was done, it is not in its hands.
        case $got_status in
        0 | 130) ;;
        *) fail "$mode, after $pause s: exit status $got_status: $(cat "$log/stderr")" ;;
        esac
        expect_clean out
    done
done
thumbs 0 photos out
