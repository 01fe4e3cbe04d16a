"""What things look like: their pictures, and what can be told from them."""
