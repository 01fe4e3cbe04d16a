-- The changes that could not be examined, and why.
SELECT change, remark
FROM advice_remarks
WHERE model = $model AND version = $version AND about = 'not_examined'
ORDER BY position
