"""How a sentence is compared with the evidence: values, words, polarity, one row at a time."""
