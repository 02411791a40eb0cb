"$THUMBS" --verb photos out
