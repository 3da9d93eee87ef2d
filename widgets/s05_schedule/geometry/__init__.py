"""The pictures of tab 5 as plain shapes, and what its records say. No Qt here."""
