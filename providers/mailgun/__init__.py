"""Mailgun: e-mail through a sending domain in one of two regions. https://documentation.mailgun.com/docs/mailgun"""
