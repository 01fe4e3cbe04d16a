-- The most liked thing of each category, the best known categories first, with the things most
-- similar to it. Things whose neighbours likes tell of come before those known by features or words
-- alone.
WITH shown AS (
    SELECT id, like_count FROM things WHERE NOT coalesce(is_nsfw, false)
),
neighbours AS (
    SELECT
        similar_things.*,
        row_number() OVER (PARTITION BY thing_id ORDER BY rank, neighbour_id) AS place
    FROM similar_things
    SEMI JOIN shown ON shown.id = similar_things.neighbour_id
),
homes AS (
    SELECT thing_id, arg_min(category, position) AS category FROM thing_categories GROUP BY thing_id
),
candidates AS (
    SELECT
        shown.id,
        shown.like_count,
        coalesce(homes.category, '') AS category,
        bool_or(neighbours.basis IN ('likes', 'both')) AS by_likes
    FROM shown
    JOIN neighbours ON neighbours.thing_id = shown.id
    LEFT JOIN homes ON homes.thing_id = shown.id
    GROUP BY ALL
),
first_of_category AS (
    SELECT * FROM candidates
    QUALIFY row_number() OVER (
        PARTITION BY category ORDER BY by_likes DESC, like_count DESC NULLS LAST, id
    ) = 1
),
chosen AS (
    SELECT
        id,
        row_number() OVER (ORDER BY by_likes DESC, like_count DESC NULLS LAST, id) AS example
    FROM first_of_category
)
SELECT example, thing_id, neighbour_id, score, basis
FROM chosen
JOIN neighbours ON neighbours.thing_id = chosen.id
WHERE example <= $examples AND place <= $neighbours
ORDER BY example, place
