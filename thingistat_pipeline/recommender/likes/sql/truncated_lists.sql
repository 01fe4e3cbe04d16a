-- Things whose list of likers is known to lack some: it was cut at a cap (a night's setting), or it
-- is shorter than the thing's own count (ThingiPano stops at 21 without a word).
SELECT things.id AS thing_id
FROM things
JOIN (SELECT thing_id, count(DISTINCT liker) AS likers FROM likes GROUP BY thing_id) AS told
    ON told.thing_id = things.id
WHERE coalesce(things.likers_truncated, false) OR coalesce(things.like_count > told.likers, false)
