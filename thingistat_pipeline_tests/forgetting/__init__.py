"""Tests of forgetting: everything that was written is searched."""
