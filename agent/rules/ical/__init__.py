"""Reads iCalendar text as far as busy times need it; all times of the same text, nothing of others."""
