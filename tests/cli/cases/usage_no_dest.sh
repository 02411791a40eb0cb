# SPDX-License-Identifier: MIT
"$THUMBS" photos
