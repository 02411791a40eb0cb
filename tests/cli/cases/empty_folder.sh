# SPDX-License-Identifier: MIT
mkdir photos
"$THUMBS" --report=- photos out
