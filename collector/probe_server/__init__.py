"""What devices measure their line against: the endpoints of speedtest mini, and a UDP reflector."""
