-- The tags closest to a tag.
SELECT neighbour AS tag FROM tag_neighbours WHERE tag = $tag ORDER BY rank, neighbour
