"""The coffee bar of a tenant: scenarios, the player that replays them, the event log that shows them."""
