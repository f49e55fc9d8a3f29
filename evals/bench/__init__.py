"""What the real product costs on this machine, beside the bare engine and a bare web server: `make bench`."""
