"""The execution module and the grain that Salt loads from the folders of this package; see docs/salt.md.

Salt imports this package for every kind of plugin on every start, so it must not import anything.
"""
