-- Which version of a model the published results are of.
SELECT model, max(version) AS version
FROM (
    SELECT DISTINCT model, version FROM advice
    UNION
    SELECT DISTINCT model, version FROM similar_things
    UNION
    SELECT DISTINCT model, version FROM tag_things
    UNION
    SELECT DISTINCT model, version FROM suggested_tags
    UNION
    SELECT DISTINCT model, version FROM look_alikes
)
GROUP BY model
