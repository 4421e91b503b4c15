"""The finished code of the course: each module is derived, step by step, in a notebook."""
