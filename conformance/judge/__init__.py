"""What is right, and how far off an honest answer may be."""
