"""The catalog as a static site: its pages, and how they are built and served."""
