-- One row for every rule that the tables about to be published break: what is wrong, how often,
-- and an example.
SELECT problem, count(*) AS times, min(example) AS example FROM (
    SELECT 'things: an id occurs twice' AS problem, id::VARCHAR AS example
    FROM main.things GROUP BY id HAVING count(*) > 1
    UNION ALL
    SELECT 'creators: an id occurs twice', id::VARCHAR
    FROM main.creators GROUP BY id HAVING count(*) > 1
    UNION ALL
    SELECT 'tags: a tag occurs twice', tag
    FROM main.tags GROUP BY tag HAVING count(*) > 1
    UNION ALL
    SELECT 'categories: a name occurs twice', name
    FROM main.categories GROUP BY name HAVING count(*) > 1
    UNION ALL
    SELECT 'attempts: an id was tried twice in one load', format('{} in {}', thing_id, load)
    FROM main.attempts GROUP BY thing_id, load HAVING count(*) > 1
    UNION ALL
    SELECT 'attempts: an id is not a positive number', coalesce(thing_id::VARCHAR, 'NULL')
    FROM main.attempts WHERE coalesce(thing_id, 0) <= 0
    UNION ALL
    SELECT 'attempts: the time of observation is missing', thing_id::VARCHAR
    FROM main.attempts WHERE observed_at IS NULL
    UNION ALL
    SELECT 'text_measures: not one row for every thing', thing_id::VARCHAR
    FROM (
        SELECT id AS thing_id FROM main.things
        UNION ALL SELECT thing_id FROM main.text_measures
    )
    GROUP BY thing_id HAVING count(*) <> 2
    UNION ALL
    SELECT 'things: a thing was never seen live', id::VARCHAR
    FROM main.things
    ANTI JOIN (SELECT thing_id AS id FROM main.attempts WHERE outcome = 'ok') USING (id)
    UNION ALL
    SELECT 'attempts: an id seen live is not among the things', thing_id::VARCHAR
    FROM main.attempts
    ANTI JOIN (SELECT id AS thing_id FROM main.things) USING (thing_id)
    WHERE outcome = 'ok'
    UNION ALL
    SELECT 'things: a newer observation exists', things.id::VARCHAR
    FROM main.things
    JOIN (
        SELECT thing_id, max(observed_at) AS newest FROM main.observations GROUP BY thing_id
    ) ON thing_id = id
    WHERE newest <> things.observed_at
    UNION ALL
    SELECT 'things: the creator is not among the creators', id::VARCHAR
    FROM main.things
    ANTI JOIN (SELECT id AS creator_id FROM main.creators) USING (creator_id)
    WHERE creator_id IS NOT NULL
    UNION ALL
    SELECT 'thing_tags: the tag is not among the tags', tag
    FROM main.thing_tags ANTI JOIN main.tags USING (tag)
    UNION ALL
    SELECT 'thing_categories: the category is not among the categories', category
    FROM main.thing_categories
    ANTI JOIN (SELECT name AS category FROM main.categories) USING (category)
    UNION ALL
    SELECT 'orphan: a row belongs to no thing', format('{} in {}', thing_id, relation)
    FROM (
        SELECT DISTINCT 'thing_tags' AS relation, thing_id FROM main.thing_tags
        UNION ALL SELECT DISTINCT 'thing_categories', thing_id FROM main.thing_categories
        UNION ALL SELECT DISTINCT 'likes', thing_id FROM main.likes
        UNION ALL SELECT DISTINCT 'files', thing_id FROM main.files
        UNION ALL SELECT DISTINCT 'images', thing_id FROM main.images
        UNION ALL SELECT DISTINCT 'ancestors', thing_id FROM main.ancestors
        UNION ALL SELECT DISTINCT 'observations', thing_id FROM main.observations
    )
    ANTI JOIN (SELECT id AS thing_id FROM main.things) USING (thing_id)
    UNION ALL
    SELECT 'observations: a count is negative', thing_id::VARCHAR
    FROM main.observations
    WHERE least(
        like_count, collect_count, comment_count, root_comment_count, download_count, view_count,
        remix_count, make_count, file_count, image_count,
        count_of_followers, count_of_following, count_of_designs
    ) < 0
    UNION ALL
    SELECT 'files: a size or count is negative', thing_id::VARCHAR
    FROM main.files WHERE least(size_bytes, download_count) < 0
    UNION ALL
    SELECT 'loads: the number of records is not the one in the manifest', load
    FROM meta.loads
    LEFT JOIN (
        SELECT load, count(*) AS held, count(*) FILTER (outcome = 'ok') AS held_live
        FROM main.attempts GROUP BY load
    ) USING (load)
    WHERE records <> coalesce(held, 0) OR live <> coalesce(held_live, 0)
    UNION ALL
    SELECT 'results of models: a model comes in two versions', format('{} in {}', model, relation)
    FROM (
        SELECT 'feature_importance' AS relation, model, version FROM main.feature_importance
        UNION ALL SELECT 'feature_groups', model, version FROM main.feature_groups
        UNION ALL SELECT 'feature_effects', model, version FROM main.feature_effects
        UNION ALL SELECT 'advice', model, version FROM main.advice
        UNION ALL SELECT 'advice_remarks', model, version FROM main.advice_remarks
        UNION ALL SELECT 'file_claim', model, version FROM main.file_claim
        UNION ALL SELECT 'similar_things', model, version FROM main.similar_things
        UNION ALL SELECT 'tag_things', model, version FROM main.tag_things
        UNION ALL SELECT 'suggested_tags', model, version FROM main.suggested_tags
        UNION ALL SELECT 'tag_neighbours', model, version FROM main.tag_neighbours
        UNION ALL SELECT 'ranking_scores', model, version FROM main.ranking_scores
        UNION ALL SELECT 'look_alikes', model, version FROM main.look_alikes
    )
    GROUP BY relation, model HAVING count(DISTINCT version) > 1
    UNION ALL
    SELECT 'results of models: a row occurs twice', format('{} in {}', name, relation)
    FROM (
        SELECT 'feature_importance' AS relation, [model, method, split, feature] AS name
        FROM main.feature_importance
        UNION ALL SELECT 'feature_groups', [model, group_name, feature] FROM main.feature_groups
        UNION ALL SELECT 'feature_effects', [model, feature, x::VARCHAR] FROM main.feature_effects
        UNION ALL SELECT 'advice', [model, rank::VARCHAR] FROM main.advice
        UNION ALL
        SELECT 'advice_remarks', [model, about, position::VARCHAR] FROM main.advice_remarks
        UNION ALL SELECT 'file_claim', [model, outcome] FROM main.file_claim
        UNION ALL
        SELECT 'metrics_history', [version, model, split, metric] FROM main.metrics_history
        UNION ALL
        SELECT 'ranking_scores', [model, method, split, measure] FROM main.ranking_scores
    )
    GROUP BY relation, name HAVING count(*) > 1
    UNION ALL
    SELECT 'results of models: an interval ends before it begins', format('{} in {}', name, relation)
    FROM (
        SELECT 'feature_importance' AS relation, feature AS name, low, high
        FROM main.feature_importance
        UNION ALL SELECT 'feature_effects', feature, low, high FROM main.feature_effects
        UNION ALL SELECT 'advice', action, low, high FROM main.advice
        UNION ALL SELECT 'advice', action, sampling_low, sampling_high FROM main.advice
        UNION ALL SELECT 'file_claim', outcome, low, high FROM main.file_claim
        UNION ALL SELECT 'metrics_history', metric, low, high FROM main.metrics_history
        UNION ALL SELECT 'ranking_scores', measure, low, high FROM main.ranking_scores
    )
    WHERE low > high
    UNION ALL
    SELECT 'results of models: a row occurs twice', format('{} {} in {}', name, rank, relation)
    FROM (
        SELECT 'similar_things' AS relation, model, thing_id::VARCHAR AS name, rank
        FROM main.similar_things
        UNION ALL SELECT 'suggested_tags', model, thing_id::VARCHAR, rank FROM main.suggested_tags
        UNION ALL SELECT 'tag_things', model, tag, rank FROM main.tag_things
        UNION ALL SELECT 'tag_neighbours', model, tag, rank FROM main.tag_neighbours
        UNION ALL SELECT 'look_alikes', model, thing_id::VARCHAR, rank FROM main.look_alikes
    )
    GROUP BY relation, model, name, rank HAVING count(*) > 1
    UNION ALL
    SELECT 'look_alikes: a thing is its own neighbour', thing_id::VARCHAR
    FROM main.look_alikes WHERE thing_id = neighbour_id
    UNION ALL
    SELECT 'look_alikes: a similarity is no cosine', thing_id::VARCHAR
    FROM main.look_alikes WHERE NOT coalesce(similarity BETWEEN -1 AND 1, false)
)
GROUP BY problem
ORDER BY problem
