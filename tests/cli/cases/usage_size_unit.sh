# SPDX-License-Identifier: MIT
# Sizes know K, M and G, as the help says; nothing else is guessed.
mkdir photos
for size in 1T 1KB 1.5M 1KiB M 1e6 0x10; do
    status=0
    "$THUMBS" --queue-bytes=$size photos out 2>message || status=$?
    [ $status -eq 2 ] || echo "--queue-bytes=$size: exit status $status"
done
for size in 1 1K 1M 1G; do "$THUMBS" --quiet --queue-bytes=$size photos out; done
