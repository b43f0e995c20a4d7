"""LinkedIn: posts of members and company pages, comments, figures, sign-in. https://learn.microsoft.com/linkedin/"""
