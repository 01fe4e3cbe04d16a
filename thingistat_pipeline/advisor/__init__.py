"""The web app for people who design models: advice on a draft, and things to look around in.

It reads what the pipeline published, the database and the models, and writes nothing.
"""
