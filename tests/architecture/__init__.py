"""The rules of the house, as tests that name the remedy.

Each rule is a small function from source text to a list of faults. One test holds it against the whole tree, and
another shows it an offending snippet, so that a rule which finds nothing is known to be able to.
"""
