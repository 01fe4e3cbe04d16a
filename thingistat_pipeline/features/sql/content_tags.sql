-- Tags, and how common they are within the sample (the thing itself is counted). The database
-- cannot tell a thing without tags from one whose tags were not told: both have none here. A share
-- of the sample, not a number of things, so that a tag is as common tomorrow as it is today.
WITH sampled AS (SELECT count(*) AS things FROM things),
commonness AS (
    SELECT tag, ln(10000 * count(*) / any_value(sampled.things)) AS log_things
    FROM thing_tags
    CROSS JOIN sampled
    GROUP BY tag
),
worn AS (
    SELECT
        thing_id,
        count(*)                                AS tag_count,
        avg(log_things)                         AS tag_mean_log_things,
        max(log_things)                         AS tag_max_log_things,
        min(log_things)                         AS tag_min_log_things,
        bool_or(tag = 'customizer')             AS customizer,
        bool_or(tag = 'customized')             AS customized
    FROM thing_tags
    JOIN commonness USING (tag)
    GROUP BY thing_id
)
SELECT
    id,
    coalesce(tag_count, 0)                              AS tag_count,
    tag_mean_log_things,
    tag_max_log_things,
    tag_min_log_things,
    coalesce(customizer, false) OR app_id IS NOT NULL   AS is_customizer,
    coalesce(customized, false)                         AS is_customized
FROM things
LEFT JOIN worn ON worn.thing_id = things.id
