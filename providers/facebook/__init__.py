"""Facebook: posts of Pages, comments, figures, events, sign-in. https://developers.facebook.com/docs/pages-api/"""
