"""Salt loads its module and its grain from the folders in here; see docs/salt.md.

Salt imports this package for every kind of plugin on every start: it imports nothing, neither Salt nor the host.
"""
