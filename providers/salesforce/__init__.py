"""Salesforce: contacts, accounts, leads and opportunities. https://developer.salesforce.com/docs/platform/api-rest"""
