-- How many sampled things bear each tag.
SELECT tag, count(*) AS things FROM thing_tags GROUP BY tag
