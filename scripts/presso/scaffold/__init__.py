"""New extensions: made from the scaffold, copied from another one, brought up to date with the scaffold."""
