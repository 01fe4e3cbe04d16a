-- Tags that say something: of each category the tag that is on more of its things than a tag spread
-- evenly would be, those that stand out most first, with the things closest to it. A tag on things
-- of all kinds ("customized") stands out nowhere.
WITH shown AS (
    SELECT id FROM things WHERE NOT coalesce(is_nsfw, false)
),
homes AS (
    SELECT thing_id, arg_min(category, position) AS category FROM thing_categories GROUP BY thing_id
),
category_shares AS (
    SELECT category, count(*) / sum(count(*)) OVER () AS share FROM homes GROUP BY category
),
uses AS (
    SELECT tag, category, count(*) AS here, sum(count(*)) OVER (PARTITION BY tag) AS things
    FROM thing_tags
    JOIN things ON things.id = thing_tags.thing_id
    LEFT JOIN homes ON homes.thing_id = thing_tags.thing_id
    GROUP BY tag, category
),
standing_out AS (
    SELECT tag, category, things::BIGINT AS things, here - things * coalesce(share, 1) AS excess
    FROM uses
    LEFT JOIN category_shares USING (category)
    WHERE things >= $fewest AND tag IN (SELECT tag FROM tag_things)
    QUALIFY row_number() OVER (PARTITION BY tag ORDER BY excess DESC, category) = 1
),
first_of_category AS (
    SELECT * FROM standing_out
    QUALIFY row_number() OVER (PARTITION BY category ORDER BY excess DESC, tag) = 1
),
chosen AS (
    SELECT tag, things, row_number() OVER (ORDER BY excess DESC, tag) AS example
    FROM first_of_category
),
closest AS (
    SELECT
        tag_things.*,
        row_number() OVER (PARTITION BY tag ORDER BY rank, thing_id) AS place
    FROM tag_things
    SEMI JOIN shown ON shown.id = tag_things.thing_id
)
SELECT
    chosen.example,
    chosen.tag,
    chosen.things,
    closest.thing_id,
    EXISTS (
        FROM thing_tags AS own WHERE own.thing_id = closest.thing_id AND own.tag = chosen.tag
    ) AS bears
FROM chosen
JOIN closest USING (tag)
WHERE example <= $examples AND place <= $closest
ORDER BY example, place
