"""What facts and reports let one conclude: whether something listens, and what changed."""
