"""The part of the products' REST APIs that add-ons use most."""
