SELECT
    id, name, thumbnail, public_url,
    strftime(added, '%Y-%m-%dT%H:%M:%S+00:00'),
    strftime(modified, '%Y-%m-%dT%H:%M:%S+00:00'),
    is_wip::INTEGER, is_featured::INTEGER, is_nsfw::INTEGER,
    like_count, collect_count, comment_count, description, instructions, details, license,
    allows_derivatives::INTEGER, file_count, print_history_count, download_count, view_count,
    remix_count, make_count, root_comment_count, is_derivative::INTEGER, can_comment::INTEGER,
    added_images_count,
    likes_of.ids,
    trunc(average_download_count)::BIGINT,
    tags_of.keys,
    ancestors_of.ids,
    creator_id,
    strftime(observed_at, '%Y-%m-%dT%H:%M:%S+00:00'),
    categories_of.names
FROM main.things
LEFT JOIN (
    SELECT thing_id, to_json(list(liker ORDER BY liker))::VARCHAR AS ids
    FROM main.likes GROUP BY thing_id
) AS likes_of ON likes_of.thing_id = things.id
LEFT JOIN (
    SELECT thing_id, to_json(list(tag ORDER BY position))::VARCHAR AS keys
    FROM main.thing_tags GROUP BY thing_id
) AS tags_of ON tags_of.thing_id = things.id
LEFT JOIN (
    SELECT thing_id, to_json(list(ancestor_id ORDER BY position))::VARCHAR AS ids
    FROM main.ancestors GROUP BY thing_id
) AS ancestors_of ON ancestors_of.thing_id = things.id
LEFT JOIN (
    SELECT thing_id, to_json(list(category ORDER BY position))::VARCHAR AS names
    FROM main.thing_categories GROUP BY thing_id
) AS categories_of ON categories_of.thing_id = things.id
