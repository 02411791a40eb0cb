# SPDX-License-Identifier: MIT
# A SOURCE that is not there: nothing is done, and that is said by its name.
status=0
"$THUMBS" no-such-folder out || status=$?
test ! -e out || ls -A out
exit $status
