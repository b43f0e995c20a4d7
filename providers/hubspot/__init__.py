"""HubSpot: contacts, companies and deals, kept in step."""
