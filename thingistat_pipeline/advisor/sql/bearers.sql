-- Things that bear a tag, those that name it first among their tags first.
SELECT thing_id AS id FROM thing_tags WHERE tag = $tag ORDER BY position, thing_id LIMIT $size
