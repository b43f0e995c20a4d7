"""Google Analytics 4: sends events, makes reports, lists properties."""
