"""Plans as text in other languages: what runs without this package."""
