-- The titles of the live things that have one.
SELECT id AS thing_id, name AS title
FROM things
WHERE name <> ''
ORDER BY id
