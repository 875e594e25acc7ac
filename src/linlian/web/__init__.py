"""The node's address: what programs ask of it over HTTP, and a place for the pages that people will see."""
