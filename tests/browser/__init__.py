"""Tests of pages in a real browser, which are left out where there is none."""
