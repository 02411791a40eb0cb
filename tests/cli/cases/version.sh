"$THUMBS" --version
