"""What people get: similar things, things of a tag, suggested tags, also for a draft."""
