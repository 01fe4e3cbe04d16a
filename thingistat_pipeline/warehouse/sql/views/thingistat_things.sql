-- Every column has a name of its own here too: DuckDB's comments on a view's columns go by these
-- names, not by those of CREATE VIEW.
SELECT
    id, name, thumbnail, public_url,
    strftime(added, '%Y-%m-%dT%H:%M:%S+00:00') AS added,
    strftime(modified, '%Y-%m-%dT%H:%M:%S+00:00') AS modified,
    is_wip::INTEGER AS is_wip, is_featured::INTEGER AS is_featured, is_nsfw::INTEGER AS is_nsfw,
    like_count, collect_count, comment_count, description, instructions, details, license,
    allows_derivatives::INTEGER AS allows_derivatives, file_count, print_history_count,
    download_count, view_count, remix_count, make_count, root_comment_count,
    is_derivative::INTEGER AS is_derivative, can_comment::INTEGER AS can_comment,
    added_images_count,
    likes_ids,
    trunc(average_download_count)::BIGINT AS average_download_count,
    tags,
    ancestor_ids,
    creator_id,
    strftime(observed_at, '%Y-%m-%dT%H:%M:%S+00:00') AS accessed,
    categories
FROM main.things
LEFT JOIN (
    SELECT thing_id, to_json(list(liker ORDER BY liker))::VARCHAR AS likes_ids
    FROM main.likes GROUP BY thing_id
) AS likes_of ON likes_of.thing_id = things.id
LEFT JOIN (
    SELECT thing_id, to_json(list(tag ORDER BY position))::VARCHAR AS tags
    FROM main.thing_tags GROUP BY thing_id
) AS tags_of ON tags_of.thing_id = things.id
LEFT JOIN (
    SELECT thing_id, to_json(list(ancestor_id ORDER BY position))::VARCHAR AS ancestor_ids
    FROM main.ancestors GROUP BY thing_id
) AS ancestors_of ON ancestors_of.thing_id = things.id
LEFT JOIN (
    SELECT thing_id, to_json(list(category ORDER BY position))::VARCHAR AS categories
    FROM main.thing_categories GROUP BY thing_id
) AS categories_of ON categories_of.thing_id = things.id
