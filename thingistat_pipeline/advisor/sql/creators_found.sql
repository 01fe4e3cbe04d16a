-- Creators whose name holds a text, those whose name begins with it first, and what their next post
-- would know of them: the sampled things that they published before.
WITH found AS (
    SELECT *
    FROM creators
    WHERE contains(lower(name), lower($text))
    ORDER BY
        NOT starts_with(lower(name), lower($text)), count_of_followers DESC NULLS LAST, name, id
    LIMIT 10
)
SELECT
    any_value(found.name)                            AS name,
    any_value(found.count_of_followers)              AS followers,
    any_value(found.count_of_following)              AS following,
    any_value(found.count_of_designs)                AS designs,
    any_value(found.accepts_tips)                    AS accepts_tips,
    count(added)                                     AS earlier_designs,
    date_diff('day', min(added), any_value(today))   AS days_since_first,
    date_diff('day', max(added), any_value(today))   AS days_since_previous,
    median(download_count) FILTER (added IS NOT NULL)::DOUBLE AS earlier_median_downloads,
    max(download_count) FILTER (added IS NOT NULL)   AS earlier_most_downloads
FROM found
CROSS JOIN (SELECT max(observed_at) AS today FROM things)
LEFT JOIN things ON things.creator_id = found.id
GROUP BY found.id
ORDER BY
    NOT starts_with(lower(any_value(found.name)), lower($text)),
    followers DESC NULLS LAST, any_value(found.name), found.id
