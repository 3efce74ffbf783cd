"""An answer's bytes become columns, and columns what people work with."""
