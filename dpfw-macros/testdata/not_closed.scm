; A mistake on the third line.
(lambda (i o)
  (string-length "λ" n)
