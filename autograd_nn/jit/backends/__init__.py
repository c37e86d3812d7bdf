"""The ways to run a plan, each in a room of its own."""
