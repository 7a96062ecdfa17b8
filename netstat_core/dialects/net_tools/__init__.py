"""The dialect of net-tools: the options of its netstat, and what they ask for."""
