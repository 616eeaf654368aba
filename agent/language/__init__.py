"""Reading what people say: clauses, references, and one reader for each kind of request."""
