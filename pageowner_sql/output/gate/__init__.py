"""What a gate found, for people and for the CI systems that show it."""
