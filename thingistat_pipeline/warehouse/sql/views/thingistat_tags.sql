SELECT name, tag, absolute_url, "count" FROM main.tags
