"""A country of agents without their machines: real connections, real reports, invented findings."""
