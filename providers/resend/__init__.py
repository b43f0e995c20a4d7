"""Resend: transactional e-mail over plain HTTP, Standard Webhooks signatures. https://resend.com/docs"""
