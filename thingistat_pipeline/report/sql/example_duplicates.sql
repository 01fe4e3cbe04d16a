-- Things drawn by lot of those whose cover picture is nearly that of a later thing, with these.
WITH shown AS (
    SELECT id, creator_id FROM things WHERE NOT coalesce(is_nsfw, false)
),
pairs AS (
    SELECT DISTINCT
        least(thing_id, neighbour_id) AS thing_id,
        greatest(thing_id, neighbour_id) AS neighbour_id
    FROM look_alikes
    WHERE duplicate
),
neighbours AS (
    SELECT
        pairs.*,
        coalesce(one.creator_id = other.creator_id, false) AS same_creator,
        row_number() OVER (PARTITION BY pairs.thing_id ORDER BY pairs.neighbour_id) AS place
    FROM pairs
    JOIN shown AS one ON one.id = pairs.thing_id
    JOIN shown AS other ON other.id = pairs.neighbour_id
    -- A thing that repeats an earlier one is shown with that one, not once more as a first.
    WHERE pairs.thing_id NOT IN (SELECT neighbour_id FROM pairs)
),
chosen AS (
    SELECT thing_id, row_number() OVER (ORDER BY md5(concat('same picture:', thing_id, ':', $seed)))
        AS example
    FROM (SELECT DISTINCT thing_id FROM neighbours)
)
SELECT example, thing_id, neighbour_id, same_creator
FROM chosen
JOIN neighbours USING (thing_id)
WHERE example <= $examples AND place <= $neighbours
ORDER BY example, place
