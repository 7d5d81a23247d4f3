"""Simulation of a tenant's coffee bar: scenarios, the player that replays them, the event log."""
