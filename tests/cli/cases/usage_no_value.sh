# SPDX-License-Identifier: MIT
"$THUMBS" photos out --mode
