-- How many things were compared by their cover pictures, how many of them bear nearly the same one
-- as another, and how often the thing that looks most like a thing, without being nearly the same
-- picture, is of the same category; two things drawn by lot are as often as `by_lot` says.
WITH pairs AS (
    SELECT DISTINCT
        least(thing_id, neighbour_id) AS one, greatest(thing_id, neighbour_id) AS other
    FROM look_alikes
    WHERE duplicate
),
repeated AS (
    SELECT one AS id FROM pairs UNION SELECT other FROM pairs
),
homes AS (
    SELECT thing_id, arg_min(category, position) AS category FROM thing_categories GROUP BY thing_id
),
nearest AS (
    SELECT thing_id, arg_min(neighbour_id, rank) AS neighbour_id
    FROM look_alikes
    WHERE NOT duplicate
    GROUP BY thing_id
),
judged AS (
    SELECT mine.category AS mine, theirs.category AS theirs
    FROM nearest
    JOIN homes AS mine ON mine.thing_id = nearest.thing_id
    JOIN homes AS theirs ON theirs.thing_id = nearest.neighbour_id
),
shares AS (
    SELECT count(*) / sum(count(*)) OVER () AS share FROM judged GROUP BY mine
)
SELECT
    (SELECT count(DISTINCT thing_id) FROM look_alikes) AS things,
    (SELECT count(*) FROM repeated) AS repeated,
    (SELECT count(*) FROM pairs) AS pairs,
    (
        SELECT count(*) FROM pairs
        JOIN things AS first ON first.id = pairs.one
        JOIN things AS second ON second.id = pairs.other
        WHERE first.creator_id != second.creator_id
    ) AS pairs_of_two_creators,
    (SELECT count(*) FROM judged) AS judged,
    (SELECT count(*) FROM judged WHERE mine = theirs) AS same_category,
    (SELECT sum(share * share) FROM shares) AS by_lot
