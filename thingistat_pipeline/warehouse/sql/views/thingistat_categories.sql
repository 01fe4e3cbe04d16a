SELECT id, name, "count", slug FROM main.categories
