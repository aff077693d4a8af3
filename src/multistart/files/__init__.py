"""Files that are whole or not there, caches, and the fingerprint of code."""
