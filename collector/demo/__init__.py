"""`make demo`: the model event on one machine, with simulated sites and this machine as a real one."""
