"""Runs at a site: measures the machine and its line, keeps reports until the centre has them, and sends them.

The resident (`agent.resident`) stays in memory, so it and what it imports use paho, the standard library, and those
parts of the contract that do likewise. Probes run in a child that ends after each round (`agent.round`) and may be as
heavy as they need.
"""
