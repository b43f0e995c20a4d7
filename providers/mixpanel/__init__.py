"""Mixpanel: product analytics. See `guide.md` for the set-up and `manifest.py` for what the hub shows."""
