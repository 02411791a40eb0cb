# SPDX-License-Identifier: MIT
# A value cannot send commands to the terminal, nor make two lines of one.
"$THUMBS" "--jobs=$(printf '\033[2J\nx')" photos out
