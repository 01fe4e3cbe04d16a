-- Who likes which of the live things, each pair once.
SELECT DISTINCT thing_id, liker
FROM likes
SEMI JOIN things ON things.id = likes.thing_id
WHERE liker IS NOT NULL
