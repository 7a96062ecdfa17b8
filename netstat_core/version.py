"""The version of this distribution, and of the Ansible collection it carries."""

__version__ = "0.1.0"
