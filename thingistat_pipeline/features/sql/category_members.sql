-- Which thing is in which of the categories named, by the category's place among the names.
SELECT thing_categories.thing_id, chosen.place
FROM thing_categories
JOIN (
    SELECT unnest($names::VARCHAR[]) AS name, generate_subscripts($names::VARCHAR[], 1) - 1 AS place
) AS chosen ON chosen.name = thing_categories.category
SEMI JOIN things ON things.id = thing_categories.thing_id
