-- The things closest to a tag.
SELECT thing_id AS id FROM tag_things WHERE tag = $tag ORDER BY rank, id
