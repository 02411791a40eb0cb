# SPDX-License-Identifier: MIT
# A report that cannot be opened ends the run before it begins.
mkdir photos
"$THUMBS" --report=no/such/folder/report photos out
