"""What only those who work on presso use: its linters, its tests, its generated pages."""
