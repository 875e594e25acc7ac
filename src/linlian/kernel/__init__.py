"""The ledger as a pure function of its transactions: no clock, disk, network, randomness or float."""
