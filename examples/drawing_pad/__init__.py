"""A drawing pad and a quiz in the browser, for a network that names digits."""
