name = "abcdefghij-klmnopqrst"
