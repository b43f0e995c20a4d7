"""What every provider stands on. Knows HTTP, signatures and contracts; knows no vendor, no Flask, no database."""
