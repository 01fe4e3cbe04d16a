-- Who posted it. The site tells only today's numbers of a creator, not those of the day of
-- publication. What the creator had published before is taken from the sample, strictly by the
-- time of publication (the id decides between equals), so that nothing published later counts.
-- Most creators are in the sample once; the windows are kept from those.
WITH dated AS (SELECT id, creator_id, added, download_count FROM things WHERE added IS NOT NULL),
several AS (SELECT creator_id FROM dated GROUP BY creator_id HAVING count(*) > 1),
earlier AS (
    SELECT
        id,
        count(*) OVER before                                             AS creator_earlier_designs,
        date_diff('day', min(added) OVER before, added)                  AS creator_days_since_first,
        date_diff('day', max(added) OVER before, added)                  AS creator_days_since_previous,
        median(download_count) OVER before                     AS creator_earlier_median_downloads,
        max(download_count) OVER before                          AS creator_earlier_most_downloads
    FROM dated
    SEMI JOIN several USING (creator_id)
    WINDOW before AS (
        PARTITION BY creator_id
        ORDER BY added, id
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    )
)
SELECT
    things.id,
    creators.count_of_followers,
    creators.count_of_following,
    creators.count_of_designs,
    creators.accepts_tips,
    coalesce(
        creator_earlier_designs,
        CASE WHEN creator_id IS NOT NULL AND added IS NOT NULL THEN 0 END
    ) AS creator_earlier_designs,
    creator_days_since_first,
    creator_days_since_previous,
    creator_earlier_median_downloads,
    creator_earlier_most_downloads
FROM things
LEFT JOIN creators ON creators.id = things.creator_id
LEFT JOIN earlier ON earlier.id = things.id
