-- Who posted it. The site tells only today's numbers, not those of the day of publication.
SELECT
    things.id,
    creators.count_of_followers,
    creators.count_of_designs
FROM things
LEFT JOIN creators ON creators.id = things.creator_id
