-- The tags of a thing, in its own order.
SELECT tag FROM thing_tags WHERE thing_id = $thing ORDER BY position, tag
