"""The Django project. Kept empty of Django: bootstrap.py is imported before anything is installed."""

__version__ = "0.1.0"
