"""Where bytes rest: blocks are the durable log, rows and indexes follow and can be rebuilt from them."""
