-- Which thing is in which category.
SELECT thing_id, category FROM thing_categories SEMI JOIN things ON things.id = thing_id
