"""The slots of one probe server: who may load the network now, and when whoever may not yet. Pure but for the store."""
