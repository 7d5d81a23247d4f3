"""A tenant's coffee bar as its owner runs it: the shop, its staff, and the events it failed to take."""
