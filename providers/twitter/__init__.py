"""X (Twitter): posts, replies, media and figures over API v2, with OAuth 2.0 and signed webhooks. https://docs.x.com"""
