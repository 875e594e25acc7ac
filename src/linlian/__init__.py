"""Linlian 邻链: one record of a residential community that none of its parties can rewrite alone.

Start reading at `linlian.kernel.transition`, the paper you can run; `docs/architecture.md` is the map.
"""

__version__ = "0.1.0"
