"""Stand-in carriers with a town behind them: texts, mail and paper, without a family in the world.

Speaks the carriers' own wire protocols, so the product reaches it with its real carrier code and
another base address. Knows nothing of the product, and the product knows nothing of it.
Run it with ``python -m bothways.sandbox --home DIR --port 0``.
"""
