-- One thing as far as a draft can tell it.
SELECT
    things.id,
    things.name,
    description,
    instructions,
    license                             AS licence,
    creators.name                       AS creator,
    download_count                      AS downloads,
    like_count                          AS likes,
    added                               AS published,
    things.observed_at,
    things.public_url                   AS url,
    is_nsfw,
    thumbnail IS NOT NULL               AS has_picture,
    map_keys(print_settings)            AS print_settings,
    (SELECT list(tag ORDER BY position) FROM thing_tags WHERE thing_id = things.id)
        AS tags,
    (SELECT list(category ORDER BY position) FROM thing_categories WHERE thing_id = things.id)
        AS categories
FROM things
LEFT JOIN creators ON creators.id = creator_id
WHERE things.id = $id
