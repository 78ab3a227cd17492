"""共治 Gongzhi: one place for the information, the management and the services of social organizations."""

__version__ = "0.1.0"
