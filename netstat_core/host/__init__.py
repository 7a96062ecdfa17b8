"""The plugin host: finding plugins, and holding what they give against what they declare."""
