"""Several organisations, each with a node: CometBFT orders the blocks, the kernel executes them.

    messages     the ABCI 2.0 messages, described once           server      the socket that the engine speaks to
    calls        each call, to the application and back          answering   the roots that a query shows, with proofs
    application  the state machine, call by call                 records     what it keeps and tells
    remembering  what was opened and found good already          standing    readers wait while the state moves
    envelope     how many transactions travel as one             sender      what was handed in, until it is final
    snapshots    how a node that comes late takes the state      snapshotting  the process that makes them
    vouching     proofs that the validators stand behind         attendance  who signs, and who has not for a while
    ledger       all of it as an `engine.ledger.Ledger`          rpc         what a node asks of its own engine
    process      the binary: its version, its start and its end  home        its keys, genesis and configuration

Rules
- Linlian's height is not the engine's: an engine block in which nothing is admitted and no timer is due makes no block
  here and leaves the app hash alone.
- Nothing of the engine enters a header or the state: the same times and transactions give the same roots everywhere.
"""
