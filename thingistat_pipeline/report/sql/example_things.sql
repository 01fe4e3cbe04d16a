-- What a tile shows of a thing.
SELECT things.id, things.name, things.public_url, things.like_count, creators.name AS creator
FROM things
LEFT JOIN creators ON creators.id = things.creator_id
WHERE things.id IN (SELECT unnest($ids::BIGINT[]))
