"""Output of protoc; rebuilt by `make proto`, never edited."""
