"""The plugin host: finds and loads plugins, and validates what they declare and what they yield."""
