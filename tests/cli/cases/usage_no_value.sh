"$THUMBS" photos out --mode
