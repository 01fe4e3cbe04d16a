SELECT
    records.* EXCLUDE (
        thing_id, own_id, outcome, status, reason, panel, name, creator,
        file_count, image_count, average_download_count, likers_truncated,
        tags, ancestors, categories, files, images, likers
    ),
    thing_id AS id,
    nullif(name, '') AS name,
    creator.id AS creator_id,
    source,
    coalesce(file_count, len(files)) AS file_count,
    coalesce(image_count, len(images)) AS image_count,
    coalesce(image_count, len(images)) - coalesce(file_count, len(files)) AS added_images_count,
    coalesce(average_download_count, list_avg([file.download_count FOR file IN files]))
        AS average_download_count,
    latest.likers_truncated  -- of the list that main.likes holds
FROM staging.latest
JOIN staging.records USING (thing_id, load)
JOIN meta.loads USING (load)
