"""What vlmrag costs and is worth beside others, and how that grows: programs to be run by hand."""
