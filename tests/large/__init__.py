"""Lists a thousand times as long as in an ordinary week: what pages read, send and draw stays bounded."""
