"""The function whose minima are looked for: read from a text, derived, named, and evaluated."""
