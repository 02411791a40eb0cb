"$THUMBS" bench
