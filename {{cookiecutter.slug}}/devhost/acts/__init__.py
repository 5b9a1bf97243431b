"""What a person, a script or an attacker does to the host."""
