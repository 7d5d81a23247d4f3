"""What commands print: each file calls the packages below and prints their result."""
