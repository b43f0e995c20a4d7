"""Each figure beside its floor, in one run on one machine: `make bench`."""
