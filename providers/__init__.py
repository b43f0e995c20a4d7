"""One folder per provider; `providers.kit` is what they all stand on."""
