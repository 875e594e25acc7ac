"""What pages and queries read: rows of SQL made from committed blocks."""
