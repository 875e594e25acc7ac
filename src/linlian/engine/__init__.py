"""What orders transactions into blocks. Everything above knows only `engine.ledger.Ledger`."""
