"""Plans as programs in other languages: what runs without this package."""
