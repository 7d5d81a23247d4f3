"""The claims of presso's documents about AWS, tried by small bounded probes in a temporary tenant."""
