"""Several organisations, each with a node: CometBFT orders the blocks, the kernel executes them.

    messages     the ABCI 2.0 messages, described once           server      the socket that the engine speaks to
    envelope     how many transactions travel as one             application the state machine, call by call
    snapshots    how a node that comes late takes the state      rpc         what a node asks of its own engine
    sender       what was handed in, until it is final           ledger      all of it as an `engine.ledger.Ledger`
    process      the binary: its version, its start and its end  home        its keys, genesis and configuration

Rules
- Linlian's height is not the engine's: an engine block in which nothing is admitted and no timer is due makes no block
  here and leaves the app hash alone.
- Nothing of the engine enters a header or the state: the same times and transactions give the same roots everywhere.
"""
