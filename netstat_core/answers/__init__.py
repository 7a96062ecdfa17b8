"""Answers from facts: whether something listens on a port, and what differs from a baseline."""
