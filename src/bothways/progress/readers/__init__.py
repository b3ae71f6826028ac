"""Reading attendance and gradebook files: a path in, plain rows out. No database.

Where the tables lie, how they are encoded, dates and findings are read as in rosters.
"""
