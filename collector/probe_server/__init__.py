"""What devices measure their line against: slots for transfers over HTTP, and a UDP reflector."""
