"""Readers' doors: the directory, public profiles, the own profile, availability, and the desk."""
