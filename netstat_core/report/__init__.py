"""Turn a query into a report: select readers, read their sources, and check, join and filter the records."""
