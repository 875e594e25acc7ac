"""The demo: a generated community with a year of life, made through the ledger's own front door, and served.

names · grounds · staff · people · court            who and what there is
lives · courses                                     how a repair goes; how differently repairs can go
settling · offices · everyday · scenes · looking · together · today · giving · earnings → story
                                                        what happens, second by second, from a seed
sealing · performing · clock    a story on a real ledger: real keys, signatures, blocks; time that jumps
making · record · lending       a whole demo in a folder, or none; and whom visitors can be there
standing · walk · verb          what it says of itself, five commands to try, and `linlian demo`
"""
