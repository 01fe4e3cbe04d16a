-- Every tag that a live thing bears, as creators write it, with how many live things bear it.
WITH uses AS (
    SELECT tag, count(*) AS things
    FROM thing_tags
    SEMI JOIN things ON things.id = thing_tags.thing_id
    GROUP BY tag
)
SELECT
    uses.tag AS key,
    coalesce(nullif(tags.name, ''), uses.tag) AS label,
    lower(strip_accents(label)) AS folded,
    uses.things
FROM uses
LEFT JOIN tags ON tags.tag = uses.tag
ORDER BY uses.things DESC, uses.tag
