# SPDX-License-Identifier: MIT
# All of the help of bench is on standard output, no line is wider than 80 columns, and what is
# hidden stays hidden.
"$THUMBS" bench --help >help
"$THUMBS" bench photos -h >again
cmp help again
awk 'length($0) > 80 { print "too wide: " $0 }' help
grep -e '^Usage: thumbs' -e '^Exit status:' -e '--runs=' -e '--io-latency=' help
! grep -e --no-work -e --force help
