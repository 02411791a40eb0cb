"$THUMBS" photos --qualtiy=90 out
