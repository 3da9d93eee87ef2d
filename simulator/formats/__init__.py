"""Number formats as data, and one exact codec for all of them. Pure: numpy and the standard library."""
