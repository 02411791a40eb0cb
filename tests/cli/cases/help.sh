# SPDX-License-Identifier: MIT
# All of the help is on standard output, and no line is wider than 80 columns.
"$THUMBS" --help >help
"$THUMBS" photos --help out >again
cmp help again
awk 'length($0) > 80 { print "too wide: " $0 }' help
grep -e '^Usage: thumbs' -e '^Exit status:' -e '--size=' -e '--report=' help
