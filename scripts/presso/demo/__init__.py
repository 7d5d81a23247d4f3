"""`presso demo`."""
