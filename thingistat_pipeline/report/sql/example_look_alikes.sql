-- Things drawn by lot, one a category, with the things whose cover pictures look most like theirs.
WITH shown AS (
    SELECT id FROM things WHERE NOT coalesce(is_nsfw, false)
),
neighbours AS (
    SELECT
        look_alikes.*,
        row_number() OVER (PARTITION BY thing_id ORDER BY rank, neighbour_id) AS place
    FROM look_alikes
    SEMI JOIN shown ON shown.id = look_alikes.neighbour_id
),
homes AS (
    SELECT thing_id, arg_min(category, position) AS category FROM thing_categories GROUP BY thing_id
),
candidates AS (
    SELECT
        shown.id,
        coalesce(homes.category, '') AS category,
        md5(concat('looks:', shown.id, ':', $seed)) AS lot
    FROM shown
    SEMI JOIN neighbours ON neighbours.thing_id = shown.id
    LEFT JOIN homes ON homes.thing_id = shown.id
),
first_of_category AS (
    SELECT * FROM candidates
    QUALIFY row_number() OVER (PARTITION BY category ORDER BY lot) = 1
),
chosen AS (
    SELECT id, row_number() OVER (ORDER BY lot) AS example FROM first_of_category
)
SELECT example, thing_id, neighbour_id, similarity, duplicate
FROM chosen
JOIN neighbours ON neighbours.thing_id = chosen.id
WHERE example <= $examples AND place <= $neighbours
ORDER BY example, place
