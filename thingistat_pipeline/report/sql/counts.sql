SELECT
    (SELECT count(*) FROM things) AS things,
    (SELECT count(*) FROM creators) AS creators,
    (SELECT count(*) FROM tags) AS tags,
    (SELECT count(*) FROM categories) AS categories,
    (SELECT count(*) FROM likes) AS likes,
    (SELECT count(*) FROM files) AS files,
    (SELECT count(*) FROM observations) AS observations,
    (
        SELECT count(*) FROM (
            SELECT thing_id FROM observations GROUP BY thing_id HAVING count(*) > 1
        )
    ) AS observed_again,
    (
        SELECT count(*) FROM (
            SELECT count(*) OVER (PARTITION BY creator_id) AS designs FROM things
            WHERE creator_id IS NOT NULL
        ) WHERE designs > 1
    ) AS sharing_a_creator,
    (SELECT min(observed_at) FROM observations) AS first_observation,
    (SELECT max(observed_at) FROM observations) AS last_observation,
    (SELECT min(added) FROM things) AS first_publication,
    (SELECT max(added) FROM things) AS last_publication
