"""Accounts: registering, proving an address, logging in and out, passwords, the own profile, devices."""
