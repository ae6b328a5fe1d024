"""What the brokers are told: each device's rights, written and taken into use."""
