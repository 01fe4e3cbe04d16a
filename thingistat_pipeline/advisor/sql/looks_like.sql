-- The things whose pictures look most like that of a thing.
SELECT neighbour_id AS id, similarity, duplicate
FROM look_alikes
WHERE thing_id = $thing
ORDER BY rank, id
