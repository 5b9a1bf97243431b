"""The hosts that ship, and the seam that others fit."""
