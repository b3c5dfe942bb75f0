"""The only place that touches private parts of python-socketio, engineio and aiohttp; a contract test watches them."""
