"""Full-size data in every format that the pipeline reads, all of it invented.

`things` makes records in bulk, the other modules write them in the formats of published data sets:
`thingistat_sqlite` ThingiStat's database, `thingipano` ThingiPano's folders of JSON files. Equal
arguments give equal bytes. Tests use small sizes, `benchmarks` the full ones.
"""
