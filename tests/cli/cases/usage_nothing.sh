# SPDX-License-Identifier: MIT
"$THUMBS" 
