"$THUMBS" --force=yes photos out
