-- What is known of each live thing beside its likes, one row a feature. A thing has at most one
-- creator and one licence, and any number of tags and categories.
SELECT DISTINCT thing_id, kind, feature
FROM (
    SELECT thing_id, 'tag' AS kind, tag AS feature FROM thing_tags
    UNION ALL
    SELECT thing_id, 'category', category FROM thing_categories
    UNION ALL
    SELECT id, 'creator', creator_id::VARCHAR FROM things
    UNION ALL
    SELECT id, 'license', license FROM things
) AS told
SEMI JOIN things ON things.id = told.thing_id
WHERE feature <> ''
