# SPDX-License-Identifier: MIT
"$THUMBS" --size=x photos out
