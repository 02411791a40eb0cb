# SPDX-License-Identifier: MIT
# -h fits on one screen of 24 lines.
"$THUMBS" -h >help
awk 'length($0) > 80 { print "too wide: " $0 } END { if (NR > 24) print "too long: " NR }' help
head -n 1 help
