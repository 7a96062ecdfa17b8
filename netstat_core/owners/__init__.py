"""Find the owners of sockets: processes, and the systemd unit, container and pod each belongs to."""
