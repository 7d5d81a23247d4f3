"""The commands of presso: each a few lines that call plain functions, imported where they are called."""
