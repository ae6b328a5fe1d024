"""The MQTT connection of the centre: what comes up goes into a bounded queue, what goes down is published."""
