"""What a farmer can do and see."""
