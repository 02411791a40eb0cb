# SPDX-License-Identifier: MIT
"$THUMBS" --verb photos out
