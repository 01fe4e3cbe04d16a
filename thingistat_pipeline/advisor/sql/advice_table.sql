-- The changes that were examined for one version of the model, those worth most first.
SELECT * FROM advice WHERE model = $model AND version = $version ORDER BY rank
