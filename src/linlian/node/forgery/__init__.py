"""The dishonest administrator: what somebody who holds disk and key can do to a ledger, done to a copy, and found out.

deeds        what is changed, in the SQLite file itself
rewriting    the clever one: everything after it computed again, so that it follows from itself
course       copy, deed, verify; told step by step
workshop     who may begin one and when, in a process of its own; the copy is deleted afterwards
"""
