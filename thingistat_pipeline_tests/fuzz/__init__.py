"""Everything that reads what strangers wrote, fed with what strangers could have written."""
