-- Things drawn by lot, one a category, with the tags they bear and those suggested to them.
WITH own AS (
    SELECT thing_id, list(tag ORDER BY position, tag) AS tags FROM thing_tags GROUP BY thing_id
),
offered AS (
    SELECT
        thing_id,
        list({'tag': tag, 'things': things} ORDER BY rank, tag)[:$suggestions] AS suggested
    FROM suggested_tags
    GROUP BY thing_id
),
homes AS (
    SELECT thing_id, arg_min(category, position) AS category FROM thing_categories GROUP BY thing_id
),
candidates AS (
    SELECT
        things.id AS thing_id,
        own.tags[:$borne] AS tags,
        offered.suggested,
        coalesce(homes.category, '') AS category,
        md5(concat(things.id, ':', $seed)) AS lot
    FROM things
    JOIN own ON own.thing_id = things.id
    JOIN offered ON offered.thing_id = things.id
    LEFT JOIN homes ON homes.thing_id = things.id
    WHERE NOT coalesce(things.is_nsfw, false) AND len(own.tags) >= $fewest
),
first_of_category AS (
    SELECT * FROM candidates
    QUALIFY row_number() OVER (PARTITION BY category ORDER BY lot) = 1
)
SELECT thing_id, tags, suggested FROM first_of_category
ORDER BY lot
LIMIT $examples
