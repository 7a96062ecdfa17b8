"""The command ``pynetstat``: reports, captures and commands about plugins and schemas."""
