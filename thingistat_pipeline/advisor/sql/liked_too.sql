-- The things most similar to a thing.
SELECT neighbour_id AS id, basis FROM similar_things WHERE thing_id = $thing ORDER BY rank, id
