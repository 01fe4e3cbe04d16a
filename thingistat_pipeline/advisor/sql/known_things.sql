-- What lists show of things, and what a search goes through: names without case and accents.
SELECT
    things.id,
    coalesce(nullif(trim(things.name), ''), 'Thing ' || things.id) AS name,
    lower(strip_accents(coalesce(things.name, ''))) AS folded,
    creators.name AS creator,
    things.download_count AS downloads,
    things.like_count AS likes,
    things.added AS published,
    things.public_url AS url,
    NOT coalesce(things.is_nsfw, false)
        AND NOT coalesce(things.is_private, false)
        AND coalesce(things.is_published, true) AS listed
FROM things
LEFT JOIN creators ON creators.id = things.creator_id
