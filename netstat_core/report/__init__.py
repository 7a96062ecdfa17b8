"""From a query to a report: select readers, read their sources, and finish their records as they stream by."""
