"""Several nodes of one chain, driven through every order of ABCI calls and every fault, by a seed.

    make simulate SEEDS=10000                                       as many as one likes
    .venv/bin/python -m tests.simulation --seed 7 --trace           one of them, line by line

The nodes are the product's own: `Application` behind its `Calls`, kernel, stores, envelopes, snapshots. Simulated are
the engines (who proposes, what is decided, when it is told), disks (what is there after a crash), clocks and people.

Rules
- One generator, made from the seed, decides everything. The same seed is the same run in every process; its trace,
  with all roots in it, has one hash.
- The engine does whatever CometBFT may do, and nothing else. `consensus` and `following` say what that is.
- A crash may come between any two calls, and before, in and after each durable write; of what was not synced any part
  may be missing or rubbish (`disk`).
- People hand in what is good and everything that is not; proposers may pack what they like (`people`).
- The truth is what the embedded path makes of the decided blocks (`oracle`); each node is held to it at each step: app
  hash, header, state root, validator changes, ids, and at a start all that the next block depends on.
- In the end nothing fails any more: everybody comes to the same, every timer has run once, a new transaction is in a
  block, nothing committed is missing, and the files are found good by `store.audit`.
- What the simulation finds is believed because it finds what is planted (`planted`).

    community  who lives there and what they may say      people     what is handed in, good and bad
    disk       disks that fail, files that are torn       node       the product's node, and its engine's own records
    oracle     what must be true                          world      one seed's world: chance, trace, what may happen
    consensus  how a block is decided                     following  how it is taken over, and the handshake of a start
    joining    how who comes late takes a snapshot        living     what happens on one day
    ending     when everybody has to come to the same     run        one seed from founding to end
    seeds      many seeds in several processes            planted    bugs that must be found
"""
