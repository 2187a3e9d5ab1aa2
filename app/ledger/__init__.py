"""Double entry: the only writer of postings."""
