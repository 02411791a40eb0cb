# SPDX-License-Identifier: MIT
"$THUMBS" --size=9,9x9 photos out
