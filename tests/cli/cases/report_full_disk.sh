# SPDX-License-Identifier: MIT
test -c /dev/full || { echo "there is no /dev/full"; exit 77; }
mkdir photos
"$THUMBS" --quiet --report=/dev/full photos out
