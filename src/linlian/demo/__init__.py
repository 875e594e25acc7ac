"""The demo: a small generated community with half a year of repairs, made through the ledger's own front door.

names · grounds · people        who and what there is
lives · courses                 how a repair goes; how differently repairs can go
settling · everyday · scenes · today → story      what happens, second by second, from a seed
sealing · performing · clock    a story on a real ledger: real keys, signatures, blocks; time that jumps
making · record                 a whole demo in a folder, or none
standing · walk · verb          what it says of itself, and five commands to try
"""
