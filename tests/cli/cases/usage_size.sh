"$THUMBS" --size=x photos out
