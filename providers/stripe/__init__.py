"""Stripe: payments, customers, subscriptions and the events about them."""
