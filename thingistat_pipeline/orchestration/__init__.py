"""The Dagster wing: assets, partitions, checks, jobs and automation; the only user of Dagster.

What belongs here: glue. An asset opens its input, calls one domain function and hands back the
value with metadata worth seeing. What does not: anything that can be tested without Dagster.
"""
