name = "abcdefghij-klmnopqrs"
