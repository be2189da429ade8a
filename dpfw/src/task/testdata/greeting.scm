; Quotes and commas are Scheme's own in a file: don't splice.
(lambda (i o)
  `(hello ,name ,@(make-list repeat-count '!)))
