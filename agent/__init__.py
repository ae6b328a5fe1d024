"""Runs at a site: measures the machine and its line, keeps reports until the centre has them, and sends them.

The resident (`agent.resident`) stays in memory, so it and what it imports use the standard library, `contract.wire`
and paho only. Probes run in a child that ends after each round (`agent.round`) and may be as heavy as they need.
"""
